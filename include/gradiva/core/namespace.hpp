#pragma once

#include "gradiva/core/language.hpp"

// The width of vectors, FMA and exceptions are part of every name: two objects of one program that differ in them share
// no function of the library. The linker would keep one of the two for both.

#if defined(__AVX512F__)
#define GRADIVA_VECTOR_NAME v64
#elif defined(__AVX__)
#define GRADIVA_VECTOR_NAME v32
#else
#define GRADIVA_VECTOR_NAME v16
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

#define GRADIVA_JOIN_EXPANDED(a, b, c) a##b##c
#define GRADIVA_JOIN(a, b, c) GRADIVA_JOIN_EXPANDED(a, b, c)

/// What every header of the library opens: `namespace GRADIVA_NAMESPACE {`. Users write `gradiva::`.
#define GRADIVA_NAMESPACE gradiva::inline GRADIVA_JOIN(GRADIVA_VECTOR_NAME, GRADIVA_FMA_NAME, GRADIVA_EXCEPTIONS_NAME)
