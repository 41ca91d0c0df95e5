"""One job in Stable-Baselines3: trains and prints a JSON object with the seconds of every training."""

import argparse
import json
import math
import time

import gymnasium
import numpy
import stable_baselines3
import torch
from stable_baselines3.common.env_util import make_vec_env

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
}


def make_model(job, seed):
    """The trainer of a job, which is a value of JOBS."""
    environments = make_vec_env(
        job["environment"], n_envs=job["count"], seed=seed, env_kwargs={"disable_env_checker": True}
    )
    hidden = {"pi": [64, 64], "vf": [64, 64]}
    return stable_baselines3.PPO(
        "MlpPolicy",
        environments,
        n_steps=job["horizon"],
        batch_size=job["minibatch"],
        n_epochs=job["epochs"],
        policy_kwargs={"net_arch": hidden, "activation_fn": job["activation"], **job["policy"]},
        device="cpu",
        seed=seed,
        **job["options"],
    )


def train(job, steps, seed):
    """Trains for so many steps after one iteration to warm up; returns the seconds and the latest mean return."""
    model = make_model(job, seed)
    model.learn(job["count"] * job["horizon"])
    start = time.perf_counter()
    model.learn(steps, reset_num_timesteps=False)
    seconds = time.perf_counter() - start
    return seconds, float(numpy.mean([episode["r"] for episode in model.ep_info_buffer]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--steps", type=int, default=40960, help="a multiple of the job's steps per iteration")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    job = JOBS[options.job]
    per_iteration = job["count"] * job["horizon"]
    if options.steps < 1 or options.steps % per_iteration:
        parser.error(f"--steps must be a multiple of {per_iteration}")

    torch.set_num_threads(options.threads)
    results = [train(job, options.steps, seed) for seed in range(1, options.runs + 1)]
    print(
        json.dumps(
            {
                "seconds": [seconds for seconds, _ in results],
                "episode_returns": [mean for _, mean in results],
                "steps": options.steps,
                "threads": torch.get_num_threads(),
                "versions": f"gymnasium {gymnasium.__version__}, torch {torch.__version__}",
            }
        )
    )


if __name__ == "__main__":
    main()
