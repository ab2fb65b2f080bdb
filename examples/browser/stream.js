// A running signal: samples in, windows out. The computation is that of eegzoo.online, in float64.

class Matrix {
  constructor({ matrix }) {
    this.rows = matrix;
  }

  start() {}

  constant(values) {
    return this.rows.map((row) => row.reduce((sum, weight, place) => sum + weight * values[place], 0));
  }

  process(samples) {
    return samples.map((values) => this.constant(values));
  }
}

// Recursive filter in second-order sections (transposed direct form II, as scipy.signal.sosfilt),
// which starts in the steady state of the first sample.
class ForwardFilter {
  constructor({ sections }) {
    this.sections = sections.map((row) => row.map((value) => value / row[3]));
  }

  start(first) {
    this.state = first.map((value) => {
      let input = value;
      return this.sections.map(([b0, b1, b2, , a1, a2]) => {
        const output = (input * (b0 + b1 + b2)) / (1 + a1 + a2);
        const second = b2 * input - a2 * output;
        const state = [b1 * input - a1 * output + second, second];
        input = output;
        return state;
      });
    });
  }

  constant(values) {
    const gain = this.sections.reduce(
      (product, [b0, b1, b2, , a1, a2]) => (product * (b0 + b1 + b2)) / (1 + a1 + a2), 1,
    );
    return values.map((value) => value * gain);
  }

  process(samples) {
    return samples.map((values) => values.map((value, channel) => {
      let x = value;
      this.sections.forEach(([b0, b1, b2, , a1, a2], number) => {
        const state = this.state[channel][number];
        const y = b0 * x + state[0];
        state[0] = b1 * x - a1 * y + state[1];
        state[1] = b2 * x - a2 * y;
        x = y;
      });
      return x;
    }));
  }
}

// Symmetric filter: the output is that of a zero-phase filter, half its length later.
class LinearPhaseFilter {
  constructor({ kernel }) {
    this.kernel = kernel;
  }

  start(first) {
    this.past = Array.from({ length: (this.kernel.length - 1) / 2 }, () => first);
  }

  constant(values) {
    const gain = this.kernel.reduce((sum, weight) => sum + weight, 0);
    return values.map((value) => value * gain);
  }

  process(samples) {
    const seen = this.past.concat(samples);
    const length = this.kernel.length;
    const filtered = [];
    for (let stop = length; stop <= seen.length; stop += 1) {
      const values = new Array(seen[0].length).fill(0);
      for (let tap = 0; tap < length; tap += 1) {
        const weight = this.kernel[tap];
        const sample = seen[stop - 1 - tap];
        for (let channel = 0; channel < values.length; channel += 1) {
          values[channel] += weight * sample[channel];
        }
      }
      filtered.push(values);
    }
    this.past = seen.slice(Math.max(seen.length - length + 1, 0));
    return filtered;
  }
}

const OPERATORS = { matrix: Matrix, forward: ForwardFilter, linear_phase: LinearPhaseFilter };

// Windows of a running signal on a fixed grid, as the description of a stream says.
export class RunningSignal {
  constructor(stream, stepSeconds = 0.25) {
    for (const part of ["align", "alignment", "normalization"]) {
      if (stream[part] !== null) {
        throw new Error(`expected a model without ${part} outside its graph, got one with it`);
      }
    }
    if (stream.after_windows.length > 0) {
      throw new Error(`expected no steps after the windows, got ${stream.after_windows[0].operator}`);
    }
    this.operators = stream.before_windows.operators.map((described) => {
      if (!(described.operator in OPERATORS)) {
        throw new Error(`expected no ${described.operator} step; export the model for this rate`);
      }
      return new OPERATORS[described.operator](described);
    });
    this.sfreq = stream.sfreq;
    this.length = stream.window.n_times;
    this.settling = stream.settling_samples;
    this.step = Math.round(stepSeconds * stream.sfreq);
    this.delay = this.operators.reduce(
      (sum, each) => sum + (each instanceof LinearPhaseFilter ? (each.kernel.length - 1) / 2 : 0), 0,
    );
    this.received = 0;
    this.known = [];
    this.firstKnown = 0;
    this.next = 0;
    this.notFinite = []; // indices of samples
    this.last = null;
  }

  // Add samples, each an array of one number per channel in volts; return the windows now known.
  push(samples) {
    if (samples.length === 0) {
      return [];
    }
    const held = samples.map((values) => this.hold(values));
    if (this.started !== true) {
      let first = held[0];
      for (const operator of this.operators) {
        operator.start(first);
        first = operator.constant(first);
      }
      this.started = true;
    }
    const filtered = this.operators.reduce((block, each) => each.process(block), held);
    this.known = this.known.concat(filtered);
    const windows = [];
    while (this.firstKnown + this.known.length >= this.next + this.length) {
      windows.push(this.window(this.next));
      this.next += this.step;
      this.forget();
    }
    this.forget();
    return windows;
  }

  // Drop the samples before the next window.
  forget() {
    const dropped = Math.min(this.next - this.firstKnown, this.known.length);
    this.known.splice(0, dropped);
    this.firstKnown += dropped;
  }

  hold(values) {
    const place = this.received;
    this.received += 1;
    if (values.every(Number.isFinite)) {
      this.last = values;
      return values;
    }
    this.notFinite.push(place);
    const last = this.last ?? values.map(() => 0);
    this.last = values.map((value, channel) => (Number.isFinite(value) ? value : last[channel]));
    return this.last;
  }

  window(start) {
    const stop = start + this.length;
    this.notFinite = this.notFinite.filter((place) => place >= start - this.settling);
    let reason = null;
    if (start < this.settling) {
      reason = "the filters have not settled yet";
    } else if (this.notFinite.some((place) => place < stop + this.delay)) {
      reason = "a sample is not a finite number";
    }
    const samples = this.known.slice(0, this.length);
    const channels = samples[0].length;
    const microvolts = new Float32Array(channels * this.length);
    samples.forEach((values, time) => values.forEach((value, channel) => {
      microvolts[channel * this.length + time] = 1e6 * value;
    }));
    return { time: stop / this.sfreq, reason, shape: [1, channels, this.length], microvolts };
  }
}
