"""Records MountainCarContinuous-v0 episodes of Gymnasium into mountain_car_continuous_gymnasium.csv.

Made with Python 3.11, gymnasium 1.4.0 and numpy 2.4.6:

    python3 -m venv /tmp/gymnasium
    /tmp/gymnasium/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    /tmp/gymnasium/bin/python mountain_car_continuous_gymnasium.py

Row `step` holds the action (a float32, unclipped) that led to this row and what
it produced; row 0 of an episode is the start, with action 0 and reward 0.
position and velocity are the state, which Gymnasium keeps in float64 after a
reset and rounds to float32 in every step; o0 and o1 are the float32 observation
that it returned. The episodes in STARTS do not begin where reset put them: from
there the car reaches neither the right wall nor its top speed.
"""

import csv
from pathlib import Path

import gymnasium
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "numpy": "2.4.6"}
COLUMNS = "episode,step,action,position,velocity,reward,terminated,truncated,o0,o1".split(",")


def uniform(most):
    """Random forces; beyond 1 they are clipped by the environment."""
    return lambda state, rng: rng.uniform(-most, most)


def always(force):
    return lambda state, rng: force


def pump(force, noise=0.0):
    """Pushes along with the motion."""
    return lambda state, rng: (force if state[1] >= 0 else -force) + noise * rng.normal()


POLICIES = {  # keyed by episode, which is also the seed
    1: uniform(1),
    2: pump(0.4),
    3: always(-1.5),
    4: pump(1),
    5: pump(2.5),
    6: pump(0.7, noise=0.5),
    7: pump(1.2, noise=1),
    8: always(1),
    9: always(0.5),
    10: pump(1),
}
STARTS = {8: [-0.9, 0.069], 9: [0.58, 0.04], 10: [0.58, -0.03]}


def row(episode, step, action, state, reward, terminated, truncated, observation):
    return ([episode, step, f"{action:.9g}"] + [f"{v:.17g}" for v in state]
            + [f"{reward:.17g}", int(terminated), int(truncated)]
            + [f"{v:.9g}" for v in observation])


def start(env, episode):
    """The first observation."""
    observation, _ = env.reset(seed=episode)
    if episode not in STARTS:
        return observation
    env.unwrapped.state = np.array(STARTS[episode])
    return np.array(STARTS[episode], dtype=np.float32)


def play(env, episode, policy):
    """The rows of one episode, as text fields."""
    rng = np.random.default_rng(episode)
    observation = start(env, episode)
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
    """Replays the written file in a fresh environment; every field must agree, and every bound be reached."""
    with path.open() as file:
        records = list(csv.DictReader(line for line in file if not line.startswith("#")))
    terminated, truncated, clipped, positions, velocities = 0, 0, 0, [], []
    for episode in POLICIES:
        rows = [r for r in records if int(r["episode"]) == episode]
        actions = iter([np.float32(r["action"]) for r in rows[1:]])
        replayed = play(env, episode, lambda state, rng: next(actions))
        assert [list(r.values()) for r in rows] == [[str(v) for v in r] for r in replayed]
        terminated += int(rows[-1]["terminated"])
        truncated += int(rows[-1]["truncated"])
        clipped += sum(abs(float(r["action"])) > 1 for r in rows)
        positions += [np.float32(r["position"]) for r in rows[1:]]
        velocities += [np.float32(r["velocity"]) for r in rows[1:]]
        print(f"episode {episode:2}: {len(rows) - 1:3} steps, "
              f"{'terminated' if int(rows[-1]['terminated']) else 'truncated'}, "
              f"return {sum(float(r['reward']) for r in rows):.1f}")
    assert terminated >= 3 and truncated >= 2 and clipped > 20
    assert (min(positions), max(positions)) == (np.float32(-1.2), np.float32(0.6))
    assert (min(velocities), max(velocities)) == (np.float32(-0.07), np.float32(0.07))


def main():
    for module, version in ((gymnasium, VERSIONS["gymnasium"]), (np, VERSIONS["numpy"])):
        if module.__version__ != version:
            raise SystemExit(f"need {module.__name__} {version}, found {module.__version__}")
    path = Path(__file__).with_suffix(".csv")
    env = gymnasium.make("MountainCarContinuous-v0")
    with path.open("w", newline="") as file:
        file.write("# MountainCarContinuous-v0 of gymnasium 1.4.0, numpy 2.4.6, Python 3.11; "
                   "made by mountain_car_continuous_gymnasium.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for episode, policy in POLICIES.items():
            writer.writerows(play(env, episode, policy))
    check(gymnasium.make("MountainCarContinuous-v0"), path)


if __name__ == "__main__":
    main()
