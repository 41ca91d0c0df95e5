"""Records MountainCar-v0 episodes of Gymnasium into mountain_car_gymnasium.csv.

Made with Python 3.11, gymnasium 1.4.0 and numpy 2.4.6:

    python3 -m venv /tmp/gymnasium
    /tmp/gymnasium/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    /tmp/gymnasium/bin/python mountain_car_gymnasium.py

Row `step` holds the action that led to this row and what it produced; row 0 of
an episode is the start, with action -1 and reward 0. position and velocity are
the float64 state, o0 and o1 the float32 observation that Gymnasium returned.
The episodes in STARTS do not begin where reset put them: from there the car
reaches neither the right wall nor its top speed.
"""

import csv
from pathlib import Path

import gymnasium
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "numpy": "2.4.6"}
COLUMNS = "episode,step,action,position,velocity,reward,terminated,truncated,o0,o1".split(",")
LEFT, COAST, RIGHT = 0, 1, 2


def random(state, rng):
    return int(rng.integers(3))


def always(action):
    return lambda state, rng: action


def pump(noise=0.0):
    """Pushes along with the motion; a share `noise` of the actions is random."""
    def policy(state, rng):
        return random(state, rng) if rng.random() < noise else RIGHT if state[1] >= 0 else LEFT
    return policy


POLICIES = {  # keyed by episode, which is also the seed
    1: random,
    2: always(LEFT),
    3: always(RIGHT),
    4: always(COAST),
    5: pump(),
    6: pump(noise=0.4),
    7: pump(noise=0.2),
    8: always(RIGHT),
    9: always(RIGHT),
    10: pump(),
}
STARTS = {8: [-0.9, 0.069], 9: [0.58, 0.04], 10: [0.58, -0.03]}


def row(episode, step, action, state, reward, terminated, truncated, observation):
    return ([episode, step, action] + [f"{v:.17g}" for v in state]
            + [f"{reward:g}", int(terminated), int(truncated)]
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
    rows = [row(episode, 0, -1, env.unwrapped.state, 0.0, False, False, observation)]
    done = False
    while not done:
        action = policy(env.unwrapped.state, rng)
        observation, reward, terminated, truncated, _ = env.step(action)
        rows.append(row(episode, len(rows), action, env.unwrapped.state, reward,
                        terminated, truncated, observation))
        done = terminated or truncated
    return rows


def check(env, path):
    """Replays the written file in a fresh environment; every field must agree, and every bound be reached."""
    with path.open() as file:
        records = list(csv.DictReader(line for line in file if not line.startswith("#")))
    terminated, truncated, positions, velocities = 0, 0, [], []
    for episode in POLICIES:
        rows = [r for r in records if int(r["episode"]) == episode]
        actions = iter([int(r["action"]) for r in rows[1:]])
        replayed = play(env, episode, lambda state, rng: next(actions))
        assert [list(r.values()) for r in rows] == [[str(v) for v in r] for r in replayed]
        terminated += int(rows[-1]["terminated"])
        truncated += int(rows[-1]["truncated"])
        positions += [float(r["position"]) for r in rows[1:]]
        velocities += [float(r["velocity"]) for r in rows[1:]]
        print(f"episode {episode:2}: {len(rows) - 1:3} steps, "
              f"{'terminated' if int(rows[-1]['terminated']) else 'truncated'}")
    assert terminated >= 3 and truncated >= 3
    assert (min(positions), max(positions)) == (-1.2, 0.6)
    assert (min(velocities), max(velocities)) == (-0.07, 0.07)


def main():
    for module, version in ((gymnasium, VERSIONS["gymnasium"]), (np, VERSIONS["numpy"])):
        if module.__version__ != version:
            raise SystemExit(f"need {module.__name__} {version}, found {module.__version__}")
    path = Path(__file__).with_suffix(".csv")
    env = gymnasium.make("MountainCar-v0")
    with path.open("w", newline="") as file:
        file.write("# MountainCar-v0 of gymnasium 1.4.0, numpy 2.4.6, Python 3.11; "
                   "made by mountain_car_gymnasium.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for episode, policy in POLICIES.items():
            writer.writerows(play(env, episode, policy))
    check(gymnasium.make("MountainCar-v0"), path)


if __name__ == "__main__":
    main()
