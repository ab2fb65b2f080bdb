// Sources of samples: a simulated person who imagines movements of the hands, and a file.

// A generator of the same numbers at each start.
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function gaussian(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

// Share of a hemisphere's mu rhythm at an electrode: odd numbers are on the left.
function muAt(name) {
  const [, row, number] = /^(?:EEG )?([A-Za-z]+?)(z|\d+)$/.exec(name) ?? [];
  if (!/^(C|FC|CP)$/i.test(row ?? "") || number === "z") {
    return [0, 0];
  }
  const strength = (/^C$/i.test(row) ? 1 : 0.6) / (1 + Math.abs(Number(number) - 3.5) / 3);
  return Number(number) % 2 ? [strength, 0.2 * strength] : [0.2 * strength, strength];
}

// Four seconds of imagery of the left and the right hand in turn, with two seconds between them.
// Mu is weaker over the hemisphere opposite to the hand.
export class SimulatedPerson {
  constructor(stream, seed = 1) {
    this.sfreq = stream.sfreq;
    this.random = randomNumbers(seed);
    this.weights = stream.ch_names.map(muAt);
    this.pink = stream.ch_names.map(() => 0);
    this.common = 0;
    this.phases = [0, 1];
    this.power = [1, 1];
    this.count = 0;
  }

  hand(time) {
    return time % 6 < 2 ? null : Math.floor(time / 6) % 2 ? "right_hand" : "left_hand";
  }

  read(n) {
    return Array.from({ length: n }, () => this.sample());
  }

  sample() {
    const hand = this.hand(this.count / this.sfreq);
    this.count += 1;
    const lost = { left_hand: [0.2, 0.9], right_hand: [0.9, 0.2] }[hand] ?? [0, 0];
    const follow = 1 - Math.exp(-4 / this.sfreq);
    const waves = this.phases.map((phase, side) => {
      this.power[side] += (1 - lost[side] - this.power[side]) * follow;
      const jitter = (3 / Math.sqrt(this.sfreq)) * gaussian(this.random);
      this.phases[side] = phase + (2 * Math.PI * 10.5) / this.sfreq + jitter;
      return 12 * Math.sqrt(this.power[side]) * (Math.cos(phase) + 0.4 * Math.cos(2 * phase));
    });
    this.common = 0.99 * this.common + gaussian(this.random);
    return this.weights.map(([left, right], channel) => {
      this.pink[channel] = 0.95 * this.pink[channel] + gaussian(this.random);
      const noise = 1.5 * this.pink[channel] + this.common + 0.7 * gaussian(this.random);
      return 1e-6 * (left * waves[0] + right * waves[1] + noise);
    });
  }
}

// A recording: {"sfreq": …, "ch_names": […], "data": one array of volts for each channel}.
export class RecordedSignal {
  constructor(stream, { sfreq, ch_names: names, data }) {
    if (Math.abs(sfreq - stream.sfreq) > 1e-4 * stream.sfreq) {
      throw new Error(`expected a signal at ${stream.sfreq} Hz, got ${sfreq} Hz`);
    }
    const missing = stream.ch_names.filter((name) => !names.includes(name));
    if (missing.length > 0) {
      throw new Error(`expected channels ${missing.join(", ")}, which are missing`);
    }
    this.rows = stream.ch_names.map((name) => data[names.indexOf(name)]);
    this.sfreq = sfreq;
    this.count = 0;
  }

  hand() {
    return null;
  }

  read(n) {
    const stop = Math.min(this.count + n, this.rows[0].length);
    const samples = [];
    for (let time = this.count; time < stop; time += 1) {
      samples.push(this.rows.map((row) => row[time] ?? NaN)); // JSON has null for NaN
    }
    this.count = stop;
    return samples;
  }
}
