"""Records Acrobot-v1 episodes of Gymnasium into acrobot_gymnasium.csv.

Made with Python 3.11, gymnasium 1.4.0 and numpy 2.4.6:

    python3 -m venv /tmp/gymnasium
    /tmp/gymnasium/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    /tmp/gymnasium/bin/python acrobot_gymnasium.py

Row `step` holds the action that led to this row and what it produced; row 0 of
an episode is the start, with action -1 and reward 0. theta1 .. theta2_dot are
the state (float32 numbers after a reset, float64 otherwise), o0 .. o5 the
float32 observation that Gymnasium returned. The episodes in STARTS do not begin
where reset put them: from there link 1 does not pass upright, and the
velocities do not reach their bounds.
"""

import csv
from pathlib import Path

import gymnasium
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "numpy": "2.4.6"}
COLUMNS = ("episode,step,action,theta1,theta2,theta1_dot,theta2_dot,reward,terminated,truncated,"
           "o0,o1,o2,o3,o4,o5").split(",")
STATE = COLUMNS[3:7]
NO_TORQUE = 1
MOST_SPEED = [4 * np.pi, 9 * np.pi]


def random(state, rng):
    return int(rng.integers(3))


def always(action):
    return lambda state, rng: action


def pump(noise=0.0):
    """Torque along the joint's motion, which adds energy; a share `noise` of the actions is random."""
    def policy(state, rng):
        return random(state, rng) if rng.random() < noise else 2 if state[3] >= 0 else 0
    return policy


def brake(state, rng):
    return 0 if state[3] >= 0 else 2


POLICIES = {  # keyed by episode, which is also the seed
    1: random,
    2: always(NO_TORQUE),
    3: brake,
    4: pump(),
    5: pump(noise=0.3),
    6: pump(noise=0.6),
    7: pump(),
    8: pump(),
    9: random,
    10: always(0),
}
STARTS = {
    7: [0.2, 0.1, 12.5, 28.2],
    8: [-0.4, -0.2, -12.5, -28.2],
    9: [3.1, 3.0, 1.0, 0.5],
    10: [-3.1, -3.0, -1.0, -0.5],
}


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
    theta1, theta2, theta1_dot, theta2_dot = STARTS[episode]
    return np.array([np.cos(theta1), np.sin(theta1), np.cos(theta2), np.sin(theta2), theta1_dot, theta2_dot],
                    dtype=np.float32)


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
    terminated, truncated, wrapped, held = 0, 0, set(), set()
    for episode in POLICIES:
        rows = [r for r in records if int(r["episode"]) == episode]
        actions = iter([int(r["action"]) for r in rows[1:]])
        replayed = play(env, episode, lambda state, rng: next(actions))
        assert [list(r.values()) for r in rows] == [[str(v) for v in r] for r in replayed]
        states = np.array([[float(r[c]) for c in STATE] for r in rows])
        terminated += int(rows[-1]["terminated"])
        truncated += int(rows[-1]["truncated"])
        jumps = np.diff(states[:, :2], axis=0)
        wrapped |= {(i, np.sign(jump)) for i in (0, 1) for jump in jumps[:, i] if abs(jump) > np.pi + 2}
        held |= {(i, np.sign(v)) for i in (0, 1) for v in states[1:, 2 + i] if abs(v) == MOST_SPEED[i]}
        print(f"episode {episode:2}: {len(rows) - 1:3} steps, "
              f"{'terminated' if int(rows[-1]['terminated']) else 'truncated'}")
    assert terminated >= 3 and truncated >= 2 and len(wrapped) == 4 and len(held) == 4, (wrapped, held)


def main():
    for module, version in ((gymnasium, VERSIONS["gymnasium"]), (np, VERSIONS["numpy"])):
        if module.__version__ != version:
            raise SystemExit(f"need {module.__name__} {version}, found {module.__version__}")
    path = Path(__file__).with_suffix(".csv")
    env = gymnasium.make("Acrobot-v1")
    with path.open("w", newline="") as file:
        file.write("# Acrobot-v1 of gymnasium 1.4.0, numpy 2.4.6, Python 3.11; "
                   "made by acrobot_gymnasium.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for episode, policy in POLICIES.items():
            writer.writerows(play(env, episode, policy))
    check(gymnasium.make("Acrobot-v1"), path)


if __name__ == "__main__":
    main()
