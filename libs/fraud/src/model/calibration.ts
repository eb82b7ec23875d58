/** Calibration: turns a margin into a probability that can be taken at its word, after Platt. */

/** A straight line in log-odds. */
export interface Calibration {
  readonly slope: number;
  readonly intercept: number;
}

const NEWTON_STEPS = 30;
/** Pulls the line towards the uncalibrated one (slope 1, intercept 0) when there is little to learn from. */
const RIDGE = 1;

/** Fits the line that makes the labels of a held-out sample most likely. */
export function fitCalibration(margins: Float64Array, labels: Uint8Array): Calibration {
  let [slope, intercept] = [1, 0];
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let [gradientSlope, gradientIntercept] = [RIDGE * (slope - 1), RIDGE * intercept];
    let [curveSlope, curveBoth, curveIntercept] = [RIDGE, 0, RIDGE];
    for (let row = 0; row < margins.length; row++) {
      const margin = margins[row] ?? 0;
      const probability = 1 / (1 + Math.exp(-(slope * margin + intercept)));
      const error = probability - (labels[row] ?? 0);
      const weight = probability * (1 - probability);
      gradientSlope += error * margin;
      gradientIntercept += error;
      curveSlope += weight * margin * margin;
      curveBoth += weight * margin;
      curveIntercept += weight;
    }
    const determinant = curveSlope * curveIntercept - curveBoth * curveBoth;
    const stepSlope = (curveIntercept * gradientSlope - curveBoth * gradientIntercept) / determinant;
    const stepIntercept = (curveSlope * gradientIntercept - curveBoth * gradientSlope) / determinant;
    slope -= stepSlope;
    intercept -= stepIntercept;
    if (Math.abs(stepSlope) + Math.abs(stepIntercept) < 1e-9) break;
  }
  // A negative slope would turn the ranking round; no sample of a useful model asks for it.
  return { slope: Math.max(slope, 1e-3), intercept };
}

/** The calibrated probability of a margin. */
export function calibrated({ slope, intercept }: Calibration, margin: number): number {
  return 1 / (1 + Math.exp(-(slope * margin + intercept)));
}
