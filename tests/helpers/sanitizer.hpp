// Whether a sanitizer watches over memory: it ends the program where there is none, and malloc answers null.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRADIVA_TEST_SANITIZED true
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRADIVA_TEST_SANITIZED true
#endif

namespace gradiva_test {

#if defined(GRADIVA_TEST_SANITIZED)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace gradiva_test
