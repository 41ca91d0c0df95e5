#pragma once

#include "gradiva/core/language.hpp"

// Vector width, FMA and exceptions are part of every symbol: object files of one program that differ in them share no
// inline function of the library. Otherwise the linker would keep one of the two versions for both.

// Bytes of the widest vector register of the target; 16 where there is none.
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

/// The namespace of all headers, `namespace GRADIVA_NAMESPACE {`: `gradiva` with an inline namespace of the target's
/// name, such as v32_fma. Users write `gradiva::`.
#define GRADIVA_NAMESPACE gradiva::inline GRADIVA_JOIN(GRADIVA_VECTOR_BYTES, GRADIVA_FMA_NAME, GRADIVA_EXCEPTIONS_NAME)
