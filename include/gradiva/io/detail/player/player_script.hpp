#pragma once

#include "gradiva/core/namespace.hpp"

#include <string_view>

// What a page needs to play recordings: `player_style` in a <style>, `player_script` in a <script>, and for each
// recording an element and its JSON (recording_json.hpp):
//
//   gradivaPlayer(document.getElementById("playback"), JSON.parse(text))
//
// fills the element with a picture, buttons and a slider, all with labels and for the keyboard, and returns
// {play(), pause(), seek(frame), choose(episode), state()}, where state() is {episode, frame, frames, playing}.
// Colours are custom properties of the style, in light and dark; a page may set others.

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::string_view player_style = R"css(
.gradiva-player {
  --gradiva-background: #ffffff; --gradiva-foreground: #1f2933; --gradiva-muted: #5f6b78; --gradiva-faint: #d3dae1;
  --gradiva-accent: #1f5fbf; --gradiva-warm: #b45309; --gradiva-good: #1a7f37; --gradiva-bad: #c62828;
  color: var(--gradiva-foreground); background: var(--gradiva-background);
  font: 1rem/1.4 system-ui, sans-serif; max-width: 48rem;
}
@media (prefers-color-scheme: dark) {
  .gradiva-player {
    --gradiva-background: #14181d; --gradiva-foreground: #e6eaee; --gradiva-muted: #9aa7b4; --gradiva-faint: #3a434d;
    --gradiva-accent: #6ea8fe; --gradiva-warm: #f0a04b; --gradiva-good: #5ccb7f; --gradiva-bad: #ff8078;
  }
}
.gradiva-player canvas {
  display: block; width: 100%; max-height: 70vh; object-fit: contain; border: 1px solid var(--gradiva-faint);
  border-radius: 4px; box-sizing: border-box;
}
.gradiva-player .gradiva-controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .5rem 0; }
.gradiva-player label { display: inline-flex; gap: .4rem; align-items: center; }
.gradiva-player label.gradiva-scrub { flex: 1 1 12rem; }
.gradiva-player input[type=range] { flex: 1; min-width: 6rem; accent-color: var(--gradiva-accent); }
.gradiva-player button, .gradiva-player select {
  font: inherit; color: inherit; background: var(--gradiva-background); border: 1px solid var(--gradiva-muted);
  border-radius: 4px; padding: .2rem .6rem; min-height: 2rem;
}
.gradiva-player button { min-width: 5rem; }
.gradiva-player :focus-visible { outline: 3px solid var(--gradiva-accent); outline-offset: 2px; }
.gradiva-player output { flex-basis: 100%; font-variant-numeric: tabular-nums; }
)css";

inline constexpr std::string_view player_script = R"js(
"use strict";
function gradivaFrames(recording) {
  let shapes = [];
  return recording.episodes.map(episode => episode.frames.map(frame => {
    const count = frame[0];
    shapes = shapes.slice(0, count);
    for (let at = 1; at < frame.length;) {
      const code = frame[at++], i = code >> 1, before = shapes[i];
      const look = code % 2 ? frame[at++] : before.look;
      const kind = recording.looks[look][0], numbers = [];
      for (let k = 0; k < (kind === 1 || kind === 3 ? 2 : 4); ++k) {
        numbers.push(frame[at++] + (code % 2 ? 0 : before.numbers[k]));
      }
      shapes[i] = {look, numbers};
    }
    return shapes;
  }));
}

function gradivaDraw(context, recording, shapes, colours, scale) {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = colours[1];
  context.fillRect(0, 0, recording.width, recording.height);
  context.lineCap = "round";
  context.lineJoin = "round";
  context.textBaseline = "middle";
  for (const {look, numbers: [x, y, x2, y2]} of shapes) {
    const [kind, fill, stroke, align, size, width, text] = recording.looks[look];
    context.fillStyle = colours[fill];
    context.strokeStyle = colours[stroke];
    context.lineWidth = Math.max(width, 1.25 / scale);
    context.beginPath();
    if (kind === 0) {
      context.moveTo(x, y);
      context.lineTo(x2, y2);
    } else if (kind === 1) {
      context.arc(x, y, size, 0, 2 * Math.PI);
    } else if (kind === 2) {
      context.rect(x, y, x2 - x, y2 - y);
    } else {
      context.font = size + "px system-ui, sans-serif";
      context.textAlign = ["left", "center", "right"][align];
      if (fill) context.fillText(text, x, y);
      continue;
    }
    if (fill && kind) context.fill();
    if (stroke) context.stroke();
  }
}

function gradivaPlayer(element, recording) {
  const inks = ["", "background", "foreground", "muted", "faint", "accent", "warm", "good", "bad"];
  const frames = gradivaFrames(recording), episodes = recording.episodes;
  const steps = episodes.map(e => { let step = 0; return e.steps.map(more => step += more); });
  let episode = 0, frame = 0, playing = false, clock = 0, last = 0, speed = 1;

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const picture = make("canvas", {role: "img"});
  picture.style.aspectRatio = recording.width + " / " + recording.height;
  const button = make("button", {type: "button"}, "Play");
  const slider = make("input", {type: "range", min: 0, step: 1});
  const speeds = make("select", {}, ...[0.25, 0.5, 1, 2, 4, 8].map(x => make("option", {value: x}, x + "\u00d7")));
  speeds.value = 1;
  const choice = make("select", {}, ...episodes.map((e, i) =>
    make("option", {value: i}, (i + 1) + " (return " + +e.return.toPrecision(4) + ")")));
  const status = make("output", {"aria-live": "off"});
  const controls = make("div", {class: "gradiva-controls"}, button, make("label", {}, "Episode", choice),
    make("label", {}, "Speed", speeds), make("label", {class: "gradiva-scrub"}, "Frame", slider), status);
  element.classList.add("gradiva-player");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Playback of " + recording.name);
  element.replaceChildren(picture, controls);

  const draw = () => {
    const box = picture.getBoundingClientRect(), pixels = Math.min(window.devicePixelRatio || 1, 3);
    const fit = Math.min(box.width / recording.width, box.height / recording.height) || 0.3;
    const scale = fit * pixels, style = getComputedStyle(element);
    const width = Math.max(1, Math.round(recording.width * scale));
    const height = Math.max(1, Math.round(recording.height * scale));
    if (picture.width !== width) picture.width = width;
    if (picture.height !== height) picture.height = height;
    const colours = inks.map(ink => ink ? style.getPropertyValue("--gradiva-" + ink).trim() : "");
    gradivaDraw(picture.getContext("2d"), recording, frames[episode][frame], colours, scale);
  };
  const show = () => {
    const e = episodes[episode], at = steps[episode][frame], ended = at === e.length;
    const text = "step " + at + " of " + e.length + ", return " + e.returns[frame] +
      (ended ? e.terminated ? ", terminated" : ", cut off" : "");
    slider.max = frames[episode].length - 1;
    slider.value = frame;
    slider.setAttribute("aria-valuetext", text);
    status.textContent = text;
    picture.setAttribute("aria-label", recording.name + ", episode " + (episode + 1) + (playing ? "" : ", " + text));
    draw();
  };
  const seek = to => {
    frame = Math.max(0, Math.min(frames[episode].length - 1, Math.round(to)));
    clock = steps[episode][frame];
    show();
  };
  const choose = to => {
    episode = Math.max(0, Math.min(episodes.length - 1, to));
    choice.value = episode;
    seek(0);
  };
  const setPlaying = on => {
    playing = on;
    last = 0;
    button.textContent = on ? "Pause" : "Play";
    show();
    if (on) requestAnimationFrame(tick);
  };
  const atEnd = () => frame === frames[episode].length - 1;
  const play = () => {
    if (playing) return;
    if (atEnd()) choose(episode + 1 < episodes.length && frames[episode].length > 1 ? episode : 0);
    setPlaying(true);
  };
  const pause = () => { if (playing) setPlaying(false); };
  const tick = now => {
    if (!playing || !element.isConnected) return;
    if (last) clock += Math.min(0.25, (now - last) / 1000) * speed / recording.seconds;
    last = now;
    const at = steps[episode], hold = 0.8 * speed / recording.seconds;  // the last picture stays for 0.8 s
    const before = frame;
    while (!atEnd() && at[frame + 1] <= clock) ++frame;
    if (atEnd() && clock >= at[frame] + hold) {
      if (episode + 1 === episodes.length) return pause();
      choose(episode + 1);
    } else if (frame !== before) {
      show();
    }
    requestAnimationFrame(tick);
  };

  button.addEventListener("click", () => playing ? pause() : play());
  slider.addEventListener("input", () => { pause(); seek(+slider.value); });
  choice.addEventListener("change", () => choose(+choice.value));
  speeds.addEventListener("change", () => { speed = +speeds.value; });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(draw).observe(picture);
  show();
  return {play, pause, seek, choose, state: () => ({episode, frame, frames: frames[episode].length, playing})};
}
)js";

}  // namespace GRADIVA_NAMESPACE::detail
