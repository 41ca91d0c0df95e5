#pragma once

#include "gradiva/core/language.hpp"

// The width of vectors, FMA and exceptions are part of every name: two objects of one program that differ in them share
// no function of the library. The linker would keep one of the two for both.

// Of the widest vector register; 16 where there is none.
#if defined(__AVX512F__)
#define GRADIVA_VECTOR_BYTES 64
#elif defined(__AVX__)
#define GRADIVA_VECTOR_BYTES 32
#else
#define GRADIVA_VECTOR_BYTES 16
#endif

#if defined(__FMA__) || defined(__aarch64__)
#define GRADIVA_FMA_NAME _fma
#else
#define GRADIVA_FMA_NAME
#endif

#if defined(__cpp_exceptions)
#define GRADIVA_EXCEPTIONS_NAME
#else
#define GRADIVA_EXCEPTIONS_NAME _noexcept
#endif

#define GRADIVA_JOIN_EXPANDED(bytes, fma, exceptions) v##bytes##fma##exceptions
#define GRADIVA_JOIN(bytes, fma, exceptions) GRADIVA_JOIN_EXPANDED(bytes, fma, exceptions)

/// What every header of the library opens: `namespace GRADIVA_NAMESPACE {`. Users write `gradiva::`.
#define GRADIVA_NAMESPACE gradiva::inline GRADIVA_JOIN(GRADIVA_VECTOR_BYTES, GRADIVA_FMA_NAME, GRADIVA_EXCEPTIONS_NAME)
