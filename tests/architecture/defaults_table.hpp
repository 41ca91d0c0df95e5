// The defaults of all that users fill in, field by field: the place to read them, and where the README's table of
// options comes from. Included by defaults.test.cpp as the body of a list. A field that is not here does not compile, a
// struct that is not here fails.

// clang-format off
// Trainers.
GRADIVA_DEFAULTS(PpoClipOptions, IS(clip, 0.2), IS(horizon, 128), IS(minibatch, 64), IS(epochs, 10),
    IS(learning_rate, 3e-4), IS(entropy, 0.0), IS(value_coefficient, 0.5), IS(value_clip, 0.0),
    IS(max_gradient_norm, 0.5), IS(target_kl, 0), IS(normalize_advantage, true), IS(normalize_rewards, false),
    IS(threads, 1)),
GRADIVA_DEFAULTS(PpoKlOptions, IS(target, 0.01), IS(kl_high, 0), IS(kl_low, 0), IS(beta, 1), IS(horizon, 128),
    IS(minibatch, 64), IS(epochs, 10), IS(learning_rate, 3e-4), IS(entropy, 0.0), IS(value_coefficient, 0.5),
    IS(value_clip, 0.0), IS(max_gradient_norm, 0.5), IS(target_kl, 0), IS(normalize_advantage, true),
    IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(A2cOptions, IS(horizon, 5), IS(learning_rate, 7e-4), IS(entropy, 0.0), IS(value_coefficient, 0.5),
    IS(max_gradient_norm, 0.5), IS(normalize_advantage, false), IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(TrpoOptions, IS(delta, 0.01), IS(damping, 0.1), IS(horizon, 1024), IS(minibatch, 128),
    IS(critic_epochs, 10), IS(critic_learning_rate, 1e-3), IS(conjugate_iterations, 15), IS(backtracks, 10),
    IS(backtrack_factor, 0.8), IS(normalize_advantage, true), IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(ReinforceOptions, IS(episodes, 1), IS(learning_rate, 3e-3), IS(entropy, 0.0),
    IS(value_coefficient, 0.5), IS(max_gradient_norm, 0.5), IS(normalize_advantage, false),
    IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(OffPolicyOptions, IS(horizon, 32), IS(store, 4), IS(age, 0), IS(replays, 1), IS(max_kl, 0.5),
    IS(learning_rate, 7e-4), IS(entropy, 0.0), IS(value_coefficient, 0.5), IS(max_gradient_norm, 0.5),
    IS(normalize_advantage, false), IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(QLambdaOptions, IS(horizon, 32), IS(minibatch, 128), IS(epochs, 2),
    IS(learning_rate, Linear{2e-3, 0}), IS(epsilon, Linear{1, 0.05}), IS(gamma, 0.99), IS(lambda, 0.65),
    IS(max_gradient_norm, 10), IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(AnalyticOptions, IS(horizon, 32), IS(episode, 0), IS(gamma, 0.99), IS(sample, true),
    IS(learning_rate, 1e-3), IS(max_gradient_norm, 1), IS(threads, 1)),

// What trainers are made of.
GRADIVA_DEFAULTS(TrainerOptions, IS(name, {}), IS(horizon, 0), IS(episodes, 0), IS(store, 1),
    IS(minibatch, all_samples), IS(normalize_rewards, false), IS(threads, 1)),
GRADIVA_DEFAULTS(UpdateOptions, IS(minibatch, 64), IS(epochs, 10), IS(learning_rate, 3e-4), IS(entropy, 0.0),
    IS(value_coefficient, 0.5), IS(value_clip, 0.0), IS(max_gradient_norm, 0.5), IS(target_kl, 0),
    IS(normalize_advantage, true), IS(name, "Updater")),
GRADIVA_DEFAULTS(TrustRegionOptions, IS(delta, 0.01), IS(damping, 0.1), IS(conjugate_iterations, 15),
    IS(backtracks, 10), IS(backtrack_factor, 0.8), IS(normalize_advantage, true), IS(name, "TrustRegion")),
GRADIVA_DEFAULTS(ValueRegressionOptions, IS(minibatch, 64), IS(epochs, 10), IS(learning_rate, 1e-3),
    IS(max_gradient_norm, 0), IS(name, "ValueRegression")),
GRADIVA_DEFAULTS(AnalyticGradientOptions, IS(horizon, 32), IS(episode, 0), IS(gamma, 0.99), IS(sample, true),
    IS(name, "AnalyticGradient")),
GRADIVA_DEFAULTS(ConjugateGradientOptions, IS(iterations, 15), IS(tolerance, 1e-10)),
GRADIVA_DEFAULTS(Clip, IS(clip, 0.2)),
GRADIVA_DEFAULTS(KlPenalty, IS(target, 0.01), IS(kl_high, 0), IS(kl_low, 0), IS(beta, 1)),
GRADIVA_DEFAULTS(PolicyGradient, IS(per_episode, false)),

// Training, evaluation, callbacks.
GRADIVA_DEFAULTS(TrainOptions, IS(steps, 0), IS(schedule_steps, 0)),
GRADIVA_DEFAULTS(EvaluateOptions, IS(episodes, 100), IS(greedy, true), IS(seed, 0), IS(environments, 16),
    IS(most_steps_per_episode, 100'000)),
GRADIVA_DEFAULTS(SeedOptions, IS(threads, 1), IS(first_seed, 1)),
GRADIVA_DEFAULTS(BestActorOptions, IS(at_least_episodes, 100)),
GRADIVA_DEFAULTS(StopAtReturn, IS(target, 0), IS(at_least_episodes, 100)),
GRADIVA_DEFAULTS(CheckpointOptions, IS(every_seconds, 60), IS(every_iterations, 0), IS(keep, 0)),
GRADIVA_DEFAULTS(CHeaderOptions, IS(name, "policy")),

// State and files.
GRADIVA_DEFAULTS(LoadPolicyOptions, IS(part, "actor")),
GRADIVA_DEFAULTS(TorchMlpOptions, IS(prefix, {}), IS(layers, {}), IS(log_std, {})),
GRADIVA_DEFAULTS(ActOptions, IS(legal, {}), IS(rng, nullptr)),

// A policy as plain numbers.
GRADIVA_DEFAULTS(Spaces, IS(observation, Box{}), IS(action, Discrete{}), IS(masked, false)),
GRADIVA_DEFAULTS(DescribedLayer, IS(inputs, 0), IS(outputs, 0), IS(weight, {}), IS(bias, {}), IS(gain, {}), IS(shift, {})),
GRADIVA_DEFAULTS(DescribedNetwork, IS(activation, Activation::tanh), IS(layers, {}), IS(mean, {}), IS(scale, {})),
GRADIVA_DEFAULTS(DescribedDistribution, IS(integers, DescribedDistribution::Integers::none), IS(choices, {}),
    IS(answers, 0), IS(epsilon, 0), IS(reals, DescribedDistribution::Reals::none), IS(squashed, false), IS(dimensions, 0),
    IS(initial_log_std, 0), IS(low, {}), IS(high, {}), IS(own_parameters, {}), IS(hybrid, false)),
GRADIVA_DEFAULTS(PolicyDescription, IS(scalar, Dtype::f32), IS(spaces, {}), IS(network, {}), IS(distribution, {})),
GRADIVA_DEFAULTS(PolicyExamples, IS(observation, {}), IS(mask, {}), IS(head, {}), IS(integers, {}), IS(reals, {})),

GRADIVA_DEFAULTS(StatePiece, IS(type, Dtype::f64), IS(rank, 0), IS(rows, 1), IS(columns, 1), IS(data, nullptr),
    IS(fixed, false), IS(text, false), IS(in_place, false), IS(resize, nullptr), IS(object, nullptr)),
GRADIVA_DEFAULTS(StateArray, IS(path, {}), IS(type, Dtype::f64), IS(fixed, false), IS(shape, {}), IS(data, nullptr),
    IS(bytes, 0), IS(own, {})),
GRADIVA_DEFAULTS(LineFilePosition, IS(bytes, 0), IS(crc64, 0)),

// Schedules.
GRADIVA_DEFAULTS(Constant, IS(value, 0)),
GRADIVA_DEFAULTS(Linear, IS(from, 0), IS(to, 0)),
GRADIVA_DEFAULTS(Cosine, IS(from, 0), IS(to, 0)),

// Optimisers.
GRADIVA_DEFAULTS(AdamOptions, IS(beta1, 0.9), IS(beta2, 0.999), IS(epsilon, 1e-5)),
GRADIVA_DEFAULTS(RmspropOptions, IS(alpha, 0.99), IS(epsilon, 1e-5)),
GRADIVA_DEFAULTS(SgdOptions, IS(momentum, 0)),

// Networks.
GRADIVA_DEFAULTS(Mlp, IS(hidden, {64, 64}), IS(activation, Activation::tanh), IS(layer_norm, false),
    IS(normalize_observations, false)),
GRADIVA_DEFAULTS(SharedTrunk, IS(mlp, {})),

// Advantages.
GRADIVA_DEFAULTS(Gae, IS(gamma, 0.99), IS(lambda, 0.95)),
GRADIVA_DEFAULTS(TemporalDifference, IS(gamma, 0.99)),
GRADIVA_DEFAULTS(NStep, IS(gamma, 0.99), IS(n, 5)),
GRADIVA_DEFAULTS(RewardToGo, IS(gamma, 0.99), IS(baseline, Baseline::none), IS(constant, 0)),
GRADIVA_DEFAULTS(TotalReturn, IS(gamma, 1), IS(baseline, Baseline::none), IS(constant, 0)),
GRADIVA_DEFAULTS(QReturns, IS(gamma, 0.99), IS(lambda, 0.65)),
GRADIVA_DEFAULTS(VTrace, IS(gamma, 0.99), IS(lambda, 1), IS(rho_bar, 1), IS(c_bar, 1)),
GRADIVA_DEFAULTS(ProductOfRatios, IS(gamma, 1), IS(constant, 0)),
GRADIVA_DEFAULTS(SingleRatio, IS(gamma, 0.99), IS(baseline, Baseline::none), IS(constant, 0)),

// Environments.
GRADIVA_DEFAULTS(VectorizedOptions, IS(count, 1), IS(seed, 0), IS(purpose, Purpose::environment)),
GRADIVA_DEFAULTS(CheckEnvOptions, IS(steps, 10'000), IS(seed, 0), IS(independent_episodes, true)),
GRADIVA_DEFAULTS(CheckDerivativesOptions, IS(steps, 50), IS(episode, 10), IS(step, 1e-5), IS(tolerance, 1e-6),
    IS(seed, 0)),
GRADIVA_DEFAULTS(Box, IS(size, 1), IS(low, {}), IS(high, {})),
GRADIVA_DEFAULTS(Discrete, IS(n, 1)),
GRADIVA_DEFAULTS(MultiDiscrete, IS(n, {})),
GRADIVA_DEFAULTS(MultiBinary, IS(size, 1)),
GRADIVA_DEFAULTS(HybridSpace, IS(choice, {}), IS(box, {})),
GRADIVA_DEFAULTS(HybridAction, IS(choice, 0), IS(values, {})),
GRADIVA_DEFAULTS(ArcheryOptions, IS(targets, 3), IS(arrows, 2)),
GRADIVA_DEFAULTS(CartPoleBatchOptions, IS(count, 1), IS(seed, 0), IS(limit, 500)),
GRADIVA_DEFAULTS(LinearQuadraticOptions, IS(a, {}), IS(b, {}), IS(q, {}), IS(r, {}), IS(start, 1)),
GRADIVA_DEFAULTS(CartPole, IS(x, 0), IS(x_dot, 0), IS(theta, 0), IS(theta_dot, 0)),
GRADIVA_DEFAULTS(Acrobot, IS(theta1, 0), IS(theta2, 0), IS(theta1_dot, 0), IS(theta2_dot, 0)),
GRADIVA_DEFAULTS(MountainCar, IS(position, 0), IS(velocity, 0)),
GRADIVA_DEFAULTS(MountainCarContinuous, IS(position, 0), IS(velocity, 0)),
GRADIVA_DEFAULTS(Pendulum, IS(theta, 0), IS(theta_dot, 0), IS(observed_theta, 0), IS(observed_sine, 0)),

// What is reported and handed over.
GRADIVA_DEFAULTS(Outcome, IS(reward, 0), IS(terminated, false), IS(truncated, false)),
GRADIVA_DEFAULTS(FinishedEpisode, IS(environment, 0), IS(reward_sum, 0), IS(length, 0)),
GRADIVA_DEFAULTS(Evaluation, IS(mean_return, 0), IS(std_return, 0), IS(standard_error, 0), IS(mean_length, 0),
    IS(episodes, 0), IS(metrics, {})),
GRADIVA_DEFAULTS(SeedRun, IS(seed, 0), IS(curve, {}), IS(evaluation, {})),
GRADIVA_DEFAULTS(OffPolicyReport, IS(effective_sample_size, 0), IS(kl, 0)),
GRADIVA_DEFAULTS(SurrogateSum, IS(loss, 0), IS(clipped, 0)),
GRADIVA_DEFAULTS(ActorCoefficients, IS(surrogate, 1), IS(entropy, 0), IS(kl, 0)),
GRADIVA_DEFAULTS(CriticCoefficients, IS(value, 1), IS(clip, 0)),
GRADIVA_DEFAULTS(LossSums, IS(surrogate, 0), IS(value, 0), IS(entropy, 0), IS(kl, 0), IS(clipped, 0)),
GRADIVA_DEFAULTS(ActionShape, IS(integers, 0), IS(reals, 0)),
GRADIVA_DEFAULTS(Range, IS(begin, 0), IS(end, 0)),
