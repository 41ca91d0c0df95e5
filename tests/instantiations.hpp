// What many tests instantiate alike, compiled once for all of them: through the precompiled header each file of tests
// knows that these instantiations are made elsewhere, and instantiations.cpp makes them. What is missing here costs
// time of compilation, nothing else. Without #pragma once: instantiations.cpp includes it a second time.

#include "gradiva/advantage/gae.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/rollout.hpp"

#ifndef GRADIVA_INSTANTIATE
#define GRADIVA_INSTANTIATE extern template
#endif

#define GRADIVA_INSTANTIATE_FUNCTION(name)                 \
    GRADIVA_INSTANTIATE decltype(name<float>) name<float>; \
    GRADIVA_INSTANTIATE decltype(name<double>) name<double>

#define GRADIVA_INSTANTIATE_CLASS(name)    \
    GRADIVA_INSTANTIATE class name<float>; \
    GRADIVA_INSTANTIATE class name<double>

namespace gradiva {

namespace kernels {

GRADIVA_INSTANTIATE_FUNCTION(multiply);
GRADIVA_INSTANTIATE_FUNCTION(multiply_add);
GRADIVA_INSTANTIATE_FUNCTION(multiply_add_with_row_sums);
GRADIVA_INSTANTIATE_FUNCTION(multiply_plus_bias);
GRADIVA_INSTANTIATE_FUNCTION(multiply_and_activate);
GRADIVA_INSTANTIATE_FUNCTION(multiply_and_differentiate);
GRADIVA_INSTANTIATE_FUNCTION(activate);
GRADIVA_INSTANTIATE_FUNCTION(add_bias_and_activate);
GRADIVA_INSTANTIATE_FUNCTION(multiply_by_derivative);
GRADIVA_INSTANTIATE_FUNCTION(add_row_sums);
GRADIVA_INSTANTIATE_FUNCTION(backward_few_outputs);

GRADIVA_INSTANTIATE_FUNCTION(layer_norm);
GRADIVA_INSTANTIATE_FUNCTION(multiply_by_layer_norm_derivative);
GRADIVA_INSTANTIATE_FUNCTION(add_row_sums_of_product);

GRADIVA_INSTANTIATE_FUNCTION(mask_logits);
GRADIVA_INSTANTIATE_FUNCTION(log_softmax);
GRADIVA_INSTANTIATE_FUNCTION(draw_choice);
GRADIVA_INSTANTIATE_FUNCTION(most_probable_choice);
GRADIVA_INSTANTIATE_FUNCTION(add_log_prob);
GRADIVA_INSTANTIATE_FUNCTION(add_categorical_entropy);
GRADIVA_INSTANTIATE_FUNCTION(add_categorical_kl);
GRADIVA_INSTANTIATE_FUNCTION(categorical_gradient);
GRADIVA_INSTANTIATE_FUNCTION(categorical_fisher);

GRADIVA_INSTANTIATE_FUNCTION(gaussian_deviation);
GRADIVA_INSTANTIATE_FUNCTION(gaussian_log_prob);
GRADIVA_INSTANTIATE_FUNCTION(gaussian_log_prob_gradient);
GRADIVA_INSTANTIATE_FUNCTION(gaussian_kl);
GRADIVA_INSTANTIATE_FUNCTION(add_gaussian_kl_gradient);

GRADIVA_INSTANTIATE_FUNCTION(advantage_scan);
GRADIVA_INSTANTIATE_FUNCTION(temporal_difference);
GRADIVA_INSTANTIATE_FUNCTION(generalised_advantage);

GRADIVA_INSTANTIATE_FUNCTION(moments);
GRADIVA_INSTANTIATE_FUNCTION(standardise);

}  // namespace kernels

GRADIVA_INSTANTIATE_FUNCTION(orthogonal_init);

GRADIVA_INSTANTIATE_CLASS(MlpNetwork);
GRADIVA_INSTANTIATE_CLASS(Adam);
GRADIVA_INSTANTIATE_CLASS(Categorical);
GRADIVA_INSTANTIATE_CLASS(DiagonalGaussian);
GRADIVA_INSTANTIATE struct Rollout<float>;
GRADIVA_INSTANTIATE struct Rollout<double>;
GRADIVA_INSTANTIATE class Critic<MlpNetwork<float>>;

}  // namespace gradiva

#undef GRADIVA_INSTANTIATE_CLASS
#undef GRADIVA_INSTANTIATE_FUNCTION
#undef GRADIVA_INSTANTIATE
