"""Records Breakout episodes of MinAtar, without sticky actions and ramping of difficulty, into breakout_minatar.csv.

Made with Python 3.11, MinAtar 1.0.15 and numpy 2.4.6:

    python3 -m venv /tmp/minatar
    /tmp/minatar/bin/pip install MinAtar==1.0.15 numpy==2.4.6
    /tmp/minatar/bin/python breakout_minatar.py

Row `step` holds the action that led to this row (0 stay, 1 left, 2 right) and what it produced; row 0 of an episode
is the start, with action -1 and reward 0. The other columns are the whole observation of 10 x 10 x 4: where its first
three channels are one, and the bricks of rows 1 to 3 as the bits of an integer, the lowest of which is that at x = 0 in
row 1. An episode ends as terminated, or here after MOST steps.
"""

import csv
from importlib.metadata import version
from pathlib import Path

import numpy as np
from minatar import Environment

VERSIONS = {"MinAtar": "1.0.15", "numpy": "2.4.6"}
COLUMNS = "episode,step,action,reward,terminated,paddle,ball_x,ball_y,trail_x,trail_y,bricks".split(",")
ACTIONS = (0, 1, 3)  # stay, left and right, as MinAtar numbers them
MOST = 900
SHAPE = (10, 10, 4)


def places(state, channel):
    """Row and column of each element that is one."""
    return [(int(y), int(x)) for y, x in np.argwhere(state[:, :, channel])]


def fields(state):
    """The observation as numbers; everything that is one is in them."""
    assert state.shape == SHAPE
    ((paddle_y, paddle),), ((ball_y, ball_x),), ((trail_y, trail_x),) = (places(state, c) for c in range(3))
    bricks = places(state, 3)
    assert paddle_y == 9 and all(1 <= y <= 3 for y, _ in bricks)
    return [paddle, ball_x, ball_y, trail_x, trail_y, sum(1 << (10 * (y - 1) + x) for y, x in bricks)]


def random(now, rng):
    return int(rng.integers(3))


def towards(x, paddle):
    return 0 if x == paddle else 1 if x < paddle else 2


def landing(now):
    """Where a falling ball will be in row 8, and where it will then fly to, if it meets no brick."""
    _, x, y, trail_x, _, _ = now
    dx = x - trail_x or (1 if x < 5 else -1)  # at a wall it stays in its column for one step
    while True:
        target = min(max(x + dx, 0), 9)
        if y >= 8:
            return x, target
        dx = -dx if target == x else dx
        x, y = target, y + 1


class Player:
    """Returns the ball: from below it or, with probability `turn`, so that it goes back the way it came. Misses it with
    probability `miss`."""

    def __init__(self, turn, miss=0.0):
        self.turn, self.miss, self.plan = turn, miss, None

    def __call__(self, now, rng):
        paddle, ball_x, ball_y, _, trail_y, _ = now
        falls = ball_y > trail_y or (ball_y == trail_y and ball_y < 6)
        if not falls:
            self.plan = None
            return towards(ball_x, paddle)
        if self.plan is None:
            self.plan = "miss" if rng.random() < self.miss else "turn" if rng.random() < self.turn else "below"
        below, ahead = landing(now)
        if self.plan == "miss":
            return towards(9 if below < 5 else 0, paddle)
        return towards(ahead if self.plan == "turn" else below, paddle)


POLICIES = {  # keyed by episode, which is also the seed
    1: random,
    2: random,
    3: Player(0.0),
    4: Player(0.5),
    5: Player(0.3),
    6: Player(0.8, miss=0.005),
    7: Player(0.2, miss=0.1),
    8: Player(0.5, miss=0.02),
    9: random,
    10: Player(0.4, miss=0.005),
    11: Player(1.0),
    12: Player(0.6, miss=0.05),
}


def play(episode, policy):
    """The rows of one episode, as numbers."""
    env = Environment("breakout", sticky_action_prob=0.0, difficulty_ramping=False)
    env.seed(episode)
    rng = np.random.default_rng(episode)
    env.reset()
    now = fields(env.state())
    rows = [[episode, 0, -1, 0, 0, *now]]
    while len(rows) <= MOST and not rows[-1][4]:
        action = policy(now, rng)
        reward, terminated = env.act(ACTIONS[action])
        now = fields(env.state())
        assert reward in (0, 1)
        rows.append([episode, len(rows), action, int(reward), int(terminated), *now])
    return rows


def check(path):
    """Replays the written file; every field must agree. Both starts, both ends, cleared walls and balls that meet the
    top are in it."""
    with path.open() as file:
        lines = csv.DictReader(line for line in file if not line.startswith("#"))
        records = [[int(v) for v in line.values()] for line in lines]
    starts, ended, returned, tops = set(), 0, 0, 0
    for episode in POLICIES:
        rows = [r for r in records if r[0] == episode]
        actions = iter([r[2] for r in rows[1:]])
        replayed = play(episode, lambda now, rng: next(actions))
        assert rows == replayed
        starts.add(rows[0][6])
        ended += rows[-1][4]
        returned += sum(before[-1] == 0 and after[-1] != 0 for before, after in zip(rows, rows[1:]))
        tops += sum(before[7] == after[7] == 0 for before, after in zip(rows, rows[1:]))
        print(f"episode {episode:2}: {len(rows) - 1:4} steps, {sum(r[3] for r in rows):3} bricks")
    assert starts == {0, 9} and 4 <= ended < len(POLICIES), (starts, ended)
    assert returned >= 3 and tops >= 10, (returned, tops)


def main():
    for package, needed in VERSIONS.items():
        if version(package) != needed:
            raise SystemExit(f"need {package} {needed}, found {version(package)}")
    path = Path(__file__).with_suffix(".csv")
    with path.open("w", newline="") as file:
        file.write("# Breakout of MinAtar 1.0.15, numpy 2.4.6, Python 3.11; made by breakout_minatar.py\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for episode, policy in POLICIES.items():
            writer.writerows(play(episode, policy))
    check(path)


if __name__ == "__main__":
    main()
