"""Records CartPole-v1 episodes of Gymnasium into cartpole_gymnasium.csv.

Made with Python 3.11, gymnasium 1.4.0 and numpy 2.4.6:

    python3 -m venv /tmp/gymnasium
    /tmp/gymnasium/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    /tmp/gymnasium/bin/python cartpole_gymnasium.py

Row `step` holds the action that led to this row and what it produced; row 0 of
an episode is the reset state, with action -1 and reward 0. x .. theta_dot are
the float64 state, o0 .. o3 the float32 observation that Gymnasium returned.
"""

import csv
import math
from pathlib import Path

import gymnasium
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "numpy": "2.4.6"}
COLUMNS = ("episode,step,action,x,x_dot,theta,theta_dot,reward,terminated,truncated,"
           "o0,o1,o2,o3").split(",")
LEFT, RIGHT = 0, 1


def random(state, step, rng):
    return int(rng.integers(2))


def always(action):
    return lambda state, step, rng: action


def balance(noise, lean=0.0):
    """Linear control; a share `noise` of the actions is random.

    With `lean` (radians) the controller ignores the position and holds the
    pole off the vertical, so the cart accelerates to that side.
    """
    gain = np.array([0.0, 0.0, 1.0, 0.3] if lean else [0.1, 0.25, 1.0, 0.3])
    target = np.array([0.0, 0.0, lean, 0.0])

    def policy(state, step, rng):
        if rng.random() < noise:
            return random(state, step, rng)
        return RIGHT if gain @ (state - target) > 0 else LEFT

    return policy


def switch(first, second, at):
    return lambda state, step, rng: (first if step <= at else second)(state, step, rng)


POLICIES = {  # keyed by episode, which is also the seed
    1: random,
    2: random,
    3: always(RIGHT),
    4: always(LEFT),
    5: balance(noise=0.02),
    6: balance(noise=0.05),
    7: balance(noise=0.10),
    8: balance(noise=0.0, lean=0.05),
    9: balance(noise=0.05, lean=-0.03),
    10: switch(balance(noise=0.05), random, at=100),
}


def row(episode, step, action, state, reward, terminated, truncated, observation):
    return ([episode, step, action] + [f"{v:.17g}" for v in state]
            + [f"{reward:g}", int(terminated), int(truncated)]
            + [f"{v:.9g}" for v in observation])


def play(env, episode, policy):
    """The rows of one episode, as text fields."""
    rng = np.random.default_rng(episode)
    observation, _ = env.reset(seed=episode)
    rows = [row(episode, 0, -1, env.unwrapped.state, 0.0, False, False, observation)]
    done = False
    while not done:
        step = len(rows)
        action = policy(env.unwrapped.state, step, rng)
        observation, reward, terminated, truncated, _ = env.step(action)
        rows.append(row(episode, step, action, env.unwrapped.state, reward,
                        terminated, truncated, observation))
        done = terminated or truncated
    return rows


def ending(last):
    """How an episode with this last row ended."""
    x, theta = float(last["x"]), float(last["theta"])
    if int(last["truncated"]):
        return "truncated"
    return " ".join(name for name, hit in [
        ("x>", x > 2.4), ("x<", x < -2.4),
        ("theta>", theta > math.radians(12)), ("theta<", theta < -math.radians(12)),
    ] if hit)


def check(env, path):
    """Replays the written file in a fresh environment; every field must agree."""
    with path.open() as file:
        records = list(csv.DictReader(line for line in file if not line.startswith("#")))
    endings = {}
    for episode in POLICIES:
        rows = [r for r in records if int(r["episode"]) == episode]
        actions = [int(r["action"]) for r in rows]
        replayed = play(env, episode, lambda state, step, rng: actions[step])
        assert [list(r.values()) for r in rows] == [[str(v) for v in r] for r in replayed]
        for r, previous in zip(rows[1:], rows):  # the state survives its decimal form
            env.reset()
            env.unwrapped.state = np.array([float(previous[c]) for c in COLUMNS[3:7]])
            env.step(int(r["action"]))
            assert [float(r[c]) for c in COLUMNS[3:7]] == list(env.unwrapped.state)
        endings[episode] = ending(rows[-1])
        print(f"episode {episode:2}: {len(rows) - 1:3} steps, {endings[episode]}")
    assert list(endings.values()).count("truncated") >= 3
    assert {"x>", "x<", "theta>", "theta<"} <= set(endings.values())


def main():
    for module, version in ((gymnasium, VERSIONS["gymnasium"]), (np, VERSIONS["numpy"])):
        if module.__version__ != version:
            raise SystemExit(f"need {module.__name__} {version}, found {module.__version__}")
    path = Path(__file__).with_suffix(".csv")
    env = gymnasium.make("CartPole-v1")
    with path.open("w", newline="") as file:
        file.write("# CartPole-v1 of gymnasium 1.4.0, numpy 2.4.6, Python 3.11; "
                   "made by cartpole_gymnasium.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for episode, policy in POLICIES.items():
            writer.writerows(play(env, episode, policy))
    check(gymnasium.make("CartPole-v1"), path)


if __name__ == "__main__":
    main()
