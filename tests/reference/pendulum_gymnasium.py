"""Records Pendulum-v1 episodes of Gymnasium into pendulum_gymnasium.csv.

Made with Python 3.11, gymnasium 1.4.0 and numpy 2.4.6:

    python3 -m venv /tmp/gymnasium
    /tmp/gymnasium/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    /tmp/gymnasium/bin/python pendulum_gymnasium.py

Row `step` holds the action (a float32, unclipped) that led to this row and what
it produced; row 0 of an episode is the reset state, with action 0 and reward 0.
theta and theta_dot are the float64 state, o0 .. o2 the float32 observation that
Gymnasium returned.
"""

import csv
from pathlib import Path

import gymnasium
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "numpy": "2.4.6"}
COLUMNS = "episode,step,action,theta,theta_dot,reward,terminated,truncated,o0,o1,o2".split(",")
STATE = COLUMNS[3:5]


def uniform(most):
    """Random torques; beyond 2 they are clipped by the environment."""
    return lambda state, rng: rng.uniform(-most, most)


def always(torque):
    return lambda state, rng: torque


def pump(state, rng):
    """Pushes along with the motion: swings over the top and reaches the top speed."""
    return 2.0 if state[1] >= 0 else -2.0


def swing_up(state, rng):
    """Pumps until the energy suffices, and balances near the top."""
    theta, theta_dot = (state[0] + np.pi) % (2 * np.pi) - np.pi, state[1]
    if abs(theta) < 0.6:
        return -(12 * theta + 3 * theta_dot)
    energy = theta_dot**2 / 6 + 5 * (np.cos(theta) - 1)
    return -5 * energy * np.sign(theta_dot)


POLICIES = {1: uniform(2), 2: uniform(6), 3: always(-0.5), 4: pump, 5: swing_up,  # by episode, also the seed
            6: swing_up, 7: uniform(1), 8: always(2.5), 9: pump, 10: swing_up}


def row(episode, step, action, state, reward, terminated, truncated, observation):
    return ([episode, step, f"{action:.9g}"] + [f"{v:.17g}" for v in state]
            + [f"{reward:.17g}", int(terminated), int(truncated)]
            + [f"{v:.9g}" for v in observation])


def play(env, episode, policy):
    """The rows of one episode, as text fields."""
    rng = np.random.default_rng(episode)
    observation, _ = env.reset(seed=episode)
    rows = [row(episode, 0, np.float32(0), env.unwrapped.state, 0.0, False, False, observation)]
    done = False
    while not done:
        action = np.float32(policy(env.unwrapped.state, rng))
        observation, reward, terminated, truncated, _ = env.step(np.array([action]))
        rows.append(row(episode, len(rows), action, env.unwrapped.state, reward,
                        terminated, truncated, observation))
        done = terminated or truncated
    return rows


def check(env, path):
    """Replays the written file in a fresh environment; every field must agree."""
    with path.open() as file:
        records = list(csv.DictReader(line for line in file if not line.startswith("#")))
    fastest, clipped, turns, upright = 0, 0, 0, 0
    for episode in POLICIES:
        rows = [r for r in records if int(r["episode"]) == episode]
        actions = iter([np.float32(r["action"]) for r in rows[1:]])
        replayed = play(env, episode, lambda state, rng: next(actions))
        assert [list(r.values()) for r in rows] == [[str(v) for v in r] for r in replayed]
        thetas = [float(r["theta"]) for r in rows]
        fastest = max([fastest] + [abs(float(r["theta_dot"])) for r in rows])
        clipped += sum(abs(float(r["action"])) > 2 for r in rows)
        turns = max(turns, (max(thetas) - min(thetas)) / (2 * np.pi))
        upright += np.cos(thetas[-1]) > 0.99
        print(f"episode {episode}: {len(rows) - 1} steps, theta {min(thetas):.2f} .. {max(thetas):.2f}, "
              f"return {sum(float(r['reward']) for r in rows):.1f}")
    assert fastest == 8 and clipped > 20 and turns > 2 and upright >= 1


def main():
    for module, version in ((gymnasium, VERSIONS["gymnasium"]), (np, VERSIONS["numpy"])):
        if module.__version__ != version:
            raise SystemExit(f"need {module.__name__} {version}, found {module.__version__}")
    path = Path(__file__).with_suffix(".csv")
    env = gymnasium.make("Pendulum-v1")
    with path.open("w", newline="") as file:
        file.write("# Pendulum-v1 of gymnasium 1.4.0, numpy 2.4.6, Python 3.11; "
                   "made by pendulum_gymnasium.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for episode, policy in POLICIES.items():
            writer.writerows(play(env, episode, policy))
    check(gymnasium.make("Pendulum-v1"), path)


if __name__ == "__main__":
    main()
