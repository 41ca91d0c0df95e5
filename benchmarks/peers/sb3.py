"""One job in Stable-Baselines3 or sb3-contrib: trains and prints a JSON object with the seconds of every training."""

import argparse
import json
import math
import time

import gymnasium
import numpy
import stable_baselines3
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize


class Positions(gymnasium.ObservationWrapper):
    """CartPole's positions of cart and pole, without their velocities."""

    def __init__(self, env):
        super().__init__(env)
        space = env.observation_space
        self.observation_space = gymnasium.spaces.Box(space.low[[0, 2]], space.high[[0, 2]], dtype=space.dtype)

    def observation(self, observation):
        return observation[[0, 2]]


# What is not named here is the library's default.
JOBS = {
    "pendulum_reference": {
        "environment": "Pendulum-v1",
        "count": 4,
        "horizon": 1024,
        "minibatch": 256,
        "epochs": 2,
        "activation": torch.nn.ReLU,
        "policy": {"log_std_init": math.log(2.0)},
        "options": {"learning_rate": 1e-3, "gamma": 0.9, "gae_lambda": 0.95, "clip_range": 0.2, "ent_coef": 0.0},
    },
    "ppo_cartpole": {
        "environment": "CartPole-v1",
        "count": 8,
        "horizon": 128,
        "minibatch": 256,
        "epochs": 4,
        "activation": torch.nn.Tanh,
        "policy": {},
        "options": {},
    },
    "recurrent_cartpole": {
        "environment": "CartPole-v1",
        "wrapper": Positions,
        "count": 8,
        "horizon": 32,
        "minibatch": 256,
        "epochs": 20,
        "activation": torch.nn.Tanh,
        "lstm": 64,
        "policy": {},
        "options": {
            "learning_rate": lambda left: 1e-3 * left,
            "clip_range": lambda left: 0.2 * left,
            "gamma": 0.98,
            "gae_lambda": 0.8,
            "ent_coef": 0.0,
        },
    },
}


def make_environments(job, seed):
    environments = make_vec_env(
        job["environment"],
        n_envs=job["count"],
        seed=seed,
        wrapper_class=job.get("wrapper"),
        env_kwargs={"disable_env_checker": True},
    )
    return VecNormalize(environments, norm_reward=False) if "lstm" in job else environments


def make_model(job, seed):
    """The trainer of a job, which is a value of JOBS."""
    settings = {
        "n_steps": job["horizon"],
        "batch_size": job["minibatch"],
        "n_epochs": job["epochs"],
        "device": "cpu",
        "seed": seed,
        **job["options"],
    }
    policy = {"activation_fn": job["activation"], **job["policy"]}
    environments = make_environments(job, seed)
    if "lstm" not in job:
        policy["net_arch"] = {"pi": [64, 64], "vf": [64, 64]}
        return stable_baselines3.PPO("MlpPolicy", environments, policy_kwargs=policy, **settings)
    import sb3_contrib

    policy.update({"lstm_hidden_size": job["lstm"], "net_arch": {"pi": [64], "vf": [64]}})  # a memory each
    return sb3_contrib.RecurrentPPO("MlpLstmPolicy", environments, policy_kwargs=policy, **settings)


def train(job, steps, seed):
    """Trains for so many steps after one iteration to warm up; returns the seconds, those of the processor, and the
    latest mean return."""
    model = make_model(job, seed)
    model.learn(job["count"] * job["horizon"])
    start, processor = time.perf_counter(), time.process_time()
    model.learn(steps, reset_num_timesteps=False)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    return seconds, processor, float(numpy.mean([episode["r"] for episode in model.ep_info_buffer]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--steps", type=int, default=40960, help="a multiple of the job's steps per iteration")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    options = parser.parse_args()
    job = JOBS[options.job]
    per_iteration = job["count"] * job["horizon"]
    if options.steps < 1 or options.steps % per_iteration:
        parser.error(f"--steps must be a multiple of {per_iteration}")

    torch.set_num_threads(options.threads)
    results = [train(job, options.steps, seed) for seed in range(options.seed, options.seed + options.runs)]
    print(
        json.dumps(
            {
                "seconds": [seconds for seconds, _, _ in results],
                "processor_seconds": [processor for _, processor, _ in results],
                "episode_returns": [mean for _, _, mean in results],
                "steps": options.steps,
                "threads": torch.get_num_threads(),
                "versions": f"gymnasium {gymnasium.__version__}, torch {torch.__version__}",
            }
        )
    )


if __name__ == "__main__":
    main()
