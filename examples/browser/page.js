// The page: samples from a source, through the running signal and the model, to the picture.

import { loadModel } from "./model.js";
import { Picture } from "./picture.js";
import { RecordedSignal, SimulatedPerson } from "./sources.js";
import { RunningSignal } from "./stream.js";

const options = new URLSearchParams(location.search);
const told = document.querySelector("#decision");

async function sourceOf(stream) {
  const file = options.get("signal");
  if (file === null) {
    return new SimulatedPerson(stream);
  }
  return new RecordedSignal(stream, await (await fetch(file)).json());
}

function pause(seconds) {
  return new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });
}

async function decide(model, window) {
  if (window.reason !== null) {
    return { time: window.time, label: "abstain", probabilities: null, reason: window.reason };
  }
  const probabilities = await model.probabilities(window);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { time: window.time, label: model.labels[best], probabilities, reason: null };
}

function tell({ label, probabilities, reason }) {
  told.textContent = reason ?? `${label} (${Math.max(...probabilities).toFixed(2)})`;
}

async function main() {
  const model = await loadModel(options.get("model") ?? "model.onnx");
  const signal = new RunningSignal(model.stream, Number(options.get("step") ?? 0.25));
  const source = await sourceOf(model.stream);
  const picture = new Picture(document.querySelector("#picture"), model.stream, model.labels);
  const isLive = options.get("speed") !== "max";
  const decisions = [];
  let sent = 0;
  const started = performance.now();
  for (;;) {
    if (isLive) {
      await pause(0.05);
    }
    const due = Math.floor(((performance.now() - started) / 1000) * model.stream.sfreq);
    const wanted = isLive ? due - sent : 64;
    const samples = source.read(wanted);
    if (samples.length === 0 && wanted > 0) {
      break; // the recording has ended
    }
    sent += samples.length;
    picture.addSamples(samples, source.hand(sent / model.stream.sfreq));
    for (const window of signal.push(samples)) {
      const decision = await decide(model, window);
      picture.addDecision(decision);
      tell(decision);
      if (!isLive) {
        decisions.push(decision);
      }
    }
    if (isLive) {
      picture.draw();
    }
  }
  picture.draw();
  document.dispatchEvent(new CustomEvent("finished", { detail: decisions }));
}

main().catch((error) => {
  told.textContent = error.message;
  document.dispatchEvent(new CustomEvent("failed", { detail: String(error.message) }));
});
