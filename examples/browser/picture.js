// The live picture: the signal, and the probabilities of the classes.

const SECONDS = 20;
const COLOURS = ["#1f6fb4", "#c9540a", "#2a8a3e", "#8a4fb0", "#7a5a2b", "#b23a7f"];
const INK = "#333";

export class Picture {
  constructor(canvas, stream, labels) {
    this.canvas = canvas;
    this.labels = labels;
    this.sfreq = stream.sfreq;
    const wanted = ["C3", "Cz", "C4", "Pz", "Oz"].filter((name) => stream.ch_names.includes(name));
    this.names = wanted.length > 0 ? wanted : stream.ch_names.slice(0, 5);
    this.places = this.names.map((name) => stream.ch_names.indexOf(name));
    this.samples = [];
    this.decisions = [];
    this.hands = [];
    this.now = 0;
  }

  addSamples(samples, hand) {
    for (const values of samples) {
      this.samples.push(this.places.map((place) => 1e6 * values[place]));
    }
    this.samples.splice(0, this.samples.length - SECONDS * this.sfreq);
    this.now += samples.length / this.sfreq;
    this.hands.push({ time: this.now, hand });
    this.hands = this.hands.filter(({ time }) => time > this.now - SECONDS);
  }

  addDecision(decision) {
    this.decisions.push(decision);
    this.decisions = this.decisions.filter(({ time }) => time > this.now - SECONDS);
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, height);
    context.font = "13px system-ui, sans-serif";
    const left = 60;
    const right = width - 12;
    const x = (time) => right - ((this.now - time) / SECONDS) * (right - left);
    const middle = height * 0.52;
    this.drawHands(context, x, middle + 24, height - 34, left);
    this.drawSignal(context, x, 10, middle - 14, left);
    this.drawProbabilities(context, x, middle + 24, height - 34, left, right);
    context.fillStyle = INK;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (let time = Math.ceil(Math.max(this.now - SECONDS, 0) / 5) * 5; time <= this.now; time += 5) {
      context.fillText(`${time} s`, Math.min(x(time), right - 12), height - 10);
    }
  }

  drawSignal(context, x, top, bottom, left) {
    const gap = (bottom - top) / this.names.length;
    const spread = 60; // microvolts from one channel to the next
    this.names.forEach((name, row) => {
      const centre = top + (row + 0.5) * gap;
      const mean = this.samples.reduce((sum, values) => sum + values[row], 0) / this.samples.length;
      context.fillStyle = INK;
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(name, left - 10, centre);
      context.strokeStyle = INK;
      context.lineWidth = 1;
      context.beginPath();
      this.samples.forEach((values, place) => {
        const time = this.now - (this.samples.length - place) / this.sfreq;
        context.lineTo(x(time), centre - ((values[row] - mean) / spread) * gap);
      });
      context.stroke();
    });
  }

  drawHands(context, x, top, bottom, left) {
    let from = null;
    this.hands.forEach(({ time, hand }, place) => {
      from ??= x(time);
      if (this.hands[place + 1]?.hand === hand) {
        return; // one area for as long as a hand stays the same
      }
      const number = this.labels.indexOf(hand);
      if (number >= 0) {
        context.fillStyle = `${COLOURS[number % COLOURS.length]}22`;
        context.fillRect(Math.max(from, left), top, x(time) - Math.max(from, left), bottom - top);
      }
      from = x(time);
    });
  }

  drawProbabilities(context, x, top, bottom, left, right) {
    const y = (share) => bottom - share * (bottom - top);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const share of [0, 0.5, 1]) {
      context.strokeStyle = "#ccc";
      context.beginPath();
      context.moveTo(left, y(share));
      context.lineTo(right, y(share));
      context.stroke();
      context.fillStyle = INK;
      context.fillText(share.toFixed(1), left - 10, y(share));
    }
    this.labels.forEach((label, number) => {
      context.strokeStyle = COLOURS[number % COLOURS.length];
      context.lineWidth = 2;
      context.beginPath();
      let isDown = false;
      for (const { time, probabilities } of this.decisions) {
        if (probabilities === null) {
          isDown = false;
        } else {
          context[isDown ? "lineTo" : "moveTo"](x(time), y(probabilities[number]));
          isDown = true;
        }
      }
      context.stroke();
      context.fillStyle = COLOURS[number % COLOURS.length];
      context.textAlign = "left";
      context.fillText(String(label), left + number * 130, top - 14);
    });
  }
}
