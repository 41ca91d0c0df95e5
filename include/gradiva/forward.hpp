#pragma once

// Declarations for headers that only name types of the library, such as `gradiva::Rng&` as a parameter. A declaration
// of one's own would declare another type: the library's lie in an inline namespace that is named after the target
// (core/namespace.hpp). Templates that are constrained by a concept, such as `Actor`, or have
// default arguments, such as `Adam`, are declared by their headers alone.

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE {

class Error;
class Rng;
struct Cosine;
struct Linear;
class Schedule;
class Threads;
class ActionBatch;
template <class T>
class Buffer;
template <class T>
class MatrixBuffer;
struct ActionView;
struct ConstActionView;
struct Range;

struct Convolution;
struct ConvolutionLayer;
struct Gru;
struct Join;
struct Lstm;
struct Mlp;
struct NetworkPart;
struct RecurrentPart;
struct RecurrentTrunk;
struct SharedTrunk;
template <class Scalar>
class ConvolutionNetwork;
template <class Scalar>
class GruNetwork;
template <class Scalar>
class JoinNetwork;
template <class Scalar>
class LstmNetwork;
template <class Scalar>
class MlpNetwork;
template <class Scalar>
struct Sequences;

template <class Scalar>
class Bernoulli;
template <class Scalar>
class Beta;
template <class Scalar>
class Categorical;
template <class Scalar>
class DiagonalGaussian;
template <class Scalar>
class EpsilonGreedy;
template <class Scalar>
class MultiCategorical;
template <class Scalar>
class StateDependentGaussian;

struct Box;
class Canvas;
struct Discrete;
struct HybridAction;
struct HybridSpace;
struct MultiBinary;
struct MultiDiscrete;
struct Outcome;
struct StepView;
struct VectorizedOptions;
template <class E>
class ClipReward;
template <class E>
class FrameStack;
template <class E>
class RescaleAction;
template <class E>
class Select;
template <class E>
class TimeLimit;
template <class E>
class Vectorized;
template <class E>
class Wrapper;

struct Acrobot;
class Archery;
struct Breakout;
struct CartPole;
class CartPoleBatch;
class DialLock;
class LinearQuadratic;
class MaskedGrid;
struct MountainCar;
struct MountainCarContinuous;
struct Pendulum;
class TMaze;

struct Clip;
struct KlPenalty;
struct PolicyGradient;

struct FinishedEpisode;
template <class Scalar>
struct Rollout;
template <class Scalar>
class RolloutStore;

struct Gae;
struct NStep;
struct RewardToGo;
struct VTrace;

struct LearnerOptions;
struct LearnerProgress;

struct A2cOptions;
struct AnalyticOptions;
struct OffPolicyOptions;
struct PpoClipOptions;
struct PpoKlOptions;
struct QLambdaOptions;
struct ReinforceOptions;
struct TrpoOptions;

class CsvLog;
class JsonLog;
class TensorBoardLog;
class ProgressBar;
struct StopAtReturn;

class Curve;
struct EvaluateOptions;
struct Evaluation;
class MetricMeans;
struct Progress;
class Run;
struct SeedOptions;
struct SeedRun;
enum class Stop;
struct TrainOptions;
struct TrainerOptions;
struct UpdateOptions;
struct UpdateReport;

}  // namespace GRADIVA_NAMESPACE
