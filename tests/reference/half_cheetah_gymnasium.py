"""Records 200 steps of HalfCheetah-v5 of Gymnasium into half_cheetah_gymnasium.csv.

Made with Python 3.10, which mujoco 2.2.2 has binaries for, as README.md says.

Row `step` holds the action (six float32, uniform in their bounds) that led to this
row and what it produced; row 0 is the reset state, with actions and reward 0. x is
qpos[0], which is not observed, o0 .. o16 the float64 observation: x and o are the
whole state.
"""

import csv
from pathlib import Path

import gymnasium
import mujoco
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "mujoco": "2.2.2", "numpy": "2.2.6"}
STEPS = 200
ACTIONS = [f"a{i}" for i in range(6)]
COLUMNS = ["step", *ACTIONS, "reward", "x", *(f"o{i}" for i in range(17))]


def row(step, action, reward, env, observation):
    return ([str(step)] + [f"{a:.9g}" for a in action] + [f"{reward:.17g}", f"{env.unwrapped.data.qpos[0]:.17g}"]
            + [f"{o:.17g}" for o in observation])


def play(actions):
    """The rows of an episode under these actions, as text fields."""
    env = gymnasium.make("HalfCheetah-v5")
    observation, _ = env.reset(seed=1)
    rows = [row(0, np.zeros(6), 0.0, env, observation)]
    for action in actions:
        observation, reward, terminated, truncated, _ = env.step(action)
        assert not terminated and not truncated
        rows.append(row(len(rows), action, reward, env, observation))
    return rows


def check(path):
    """Replays the written file in a fresh environment; every field must agree."""
    with path.open() as file:
        records = list(csv.DictReader(line for line in file if not line.startswith("#")))
    actions = [np.array([r[a] for a in ACTIONS], dtype=np.float32) for r in records[1:]]
    assert [list(r.values()) for r in records] == play(actions)
    print(f"{len(actions)} steps, x from 0 to {float(records[-1]['x']):.2f}, "
          f"return {sum(float(r['reward']) for r in records):.2f}")


def main():
    for module in (gymnasium, mujoco, np):
        if module.__version__ != VERSIONS[module.__name__]:
            raise SystemExit(f"need {module.__name__} {VERSIONS[module.__name__]}, found {module.__version__}")
    path = Path(__file__).with_suffix(".csv")
    actions = np.random.default_rng(1).uniform(-1, 1, (STEPS, 6)).astype(np.float32)
    with path.open("w", newline="") as file:
        file.write("# HalfCheetah-v5 of gymnasium 1.4.0, mujoco 2.2.2, numpy 2.2.6, Python 3.10; "
                   "made by half_cheetah_gymnasium.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(play(actions))
    check(path)


if __name__ == "__main__":
    main()
