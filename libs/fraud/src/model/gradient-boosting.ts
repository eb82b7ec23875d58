/** Training of gradient-boosted trees for a yes-or-no label: histograms, Newton steps, breadth first. */
import { binned, type BinnedColumn } from './bins.js';
import { type Tree, type TreeEnsemble } from './tree-ensemble.js';

/** Knobs of the training; the defaults are those of the published comparison. */
export interface TrainingOptions {
  readonly trees: number;
  /** Share of each step that is taken, 0 … 1. */
  readonly learningRate: number;
  readonly maxDepth: number;
  /** Least sum of second derivatives in a leaf; about 4 payments of even odds to 1. */
  readonly minLeafHessian: number;
  /** Pulls leaf values towards zero. */
  readonly regularization: number;
}

/** Depth 3, 100 trees, rate 0.1. */
export const DEFAULT_TRAINING: TrainingOptions = { trees: 100, learningRate: 0.1, maxDepth: 3, minLeafHessian: 1, regularization: 1 };

/** Rows to learn from. */
export interface TrainingRows {
  readonly featureNames: readonly string[];
  /** Row by row; NaN means unknown. */
  readonly values: Float64Array;
  /** One per row, 1 for a fraud. */
  readonly labels: Uint8Array;
}

/** Learns an ensemble. The same rows and options give the same ensemble. */
export function trainTrees({ featureNames, values, labels }: TrainingRows, options: TrainingOptions = DEFAULT_TRAINING): TreeEnsemble {
  const columns = featureNames.map((_, column) => binned(values, column, featureNames.length));
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const bias = Math.log((positives + 0.5) / (labels.length - positives + 0.5));
  const margins = new Float64Array(labels.length).fill(bias);
  const grower = new TreeGrower(columns, labels.length, options);
  const trees: Tree[] = [];
  for (let round = 0; round < options.trees; round++) trees.push(grower.grow(margins, labels));
  return { featureNames, bias, trees };
}

interface Node {
  readonly index: number;
  readonly depth: number;
  /** Its rows are `order[from … to)`. */
  readonly from: number;
  readonly to: number;
  readonly histogram: Float64Array;
  readonly gradient: number;
  readonly hessian: number;
}

interface Split {
  readonly column: number;
  /** Bins up to this one go left. */
  readonly bin: number;
  readonly gradient: number;
  readonly hessian: number;
}

class TreeGrower {
  private readonly gradients: Float64Array;
  private readonly hessians: Float64Array;
  private readonly order: Uint32Array;
  private readonly spare: Uint32Array;
  /** Where each column's bins start in a histogram. */
  private readonly starts: number[] = [];
  private readonly histogramSize: number;

  constructor(
    private readonly columns: readonly BinnedColumn[],
    rows: number,
    private readonly options: TrainingOptions,
  ) {
    this.gradients = new Float64Array(rows);
    this.hessians = new Float64Array(rows);
    this.order = new Uint32Array(rows);
    this.spare = new Uint32Array(rows);
    let size = 0;
    for (const { cuts } of columns) {
      this.starts.push(size);
      size += 2 * (cuts.length + 1);
    }
    this.histogramSize = size;
  }

  /** Adds one tree and moves the margins by its leaves. */
  grow(margins: Float64Array, labels: Uint8Array): Tree {
    let [gradient, hessian] = [0, 0];
    for (let row = 0; row < margins.length; row++) {
      const probability = 1 / (1 + Math.exp(-(margins[row] ?? 0)));
      const rowGradient = probability - (labels[row] ?? 0);
      const rowHessian = probability * (1 - probability);
      this.gradients[row] = rowGradient;
      this.hessians[row] = rowHessian;
      this.order[row] = row;
      gradient += rowGradient;
      hessian += rowHessian;
    }
    const tree: Tree = { feature: [], threshold: [], left: [], right: [], value: [] };
    const root = { index: 0, depth: 0, from: 0, to: margins.length, gradient, hessian };
    const queue: Node[] = [{ ...root, histogram: this.histogramOf(root) }];
    this.addLeaf(tree, root);
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      const split = node.depth < this.options.maxDepth ? this.bestSplit(node) : null;
      if (split === null) this.moveMargins(margins, node, tree.value[node.index] ?? 0);
      else queue.push(...this.split(tree, node, split));
    }
    return tree;
  }

  private histogramOf({ from, to }: Pick<Node, 'from' | 'to'>): Float64Array {
    const histogram = new Float64Array(this.histogramSize);
    const { order, gradients, hessians } = this;
    for (const [column, { bins }] of this.columns.entries()) {
      const start = this.starts[column] ?? 0;
      for (let place = from; place < to; place++) {
        const row = order[place] as number;
        const slot = start + 2 * (bins[row] as number);
        histogram[slot] = (histogram[slot] as number) + (gradients[row] as number);
        histogram[slot + 1] = (histogram[slot + 1] as number) + (hessians[row] as number);
      }
    }
    return histogram;
  }

  private bestSplit({ histogram, gradient, hessian }: Node): Split | null {
    const { regularization, minLeafHessian } = this.options;
    const gainBefore = (gradient * gradient) / (hessian + regularization);
    let best: Split | null = null;
    // A split must gain something beyond the rounding of the sums.
    let bestGain = 1e-9;
    for (const [column, { cuts }] of this.columns.entries()) {
      const start = this.starts[column] ?? 0;
      let [leftGradient, leftHessian] = [0, 0];
      for (let bin = 0; bin < cuts.length; bin++) {
        leftGradient += histogram[start + 2 * bin] as number;
        leftHessian += histogram[start + 2 * bin + 1] as number;
        const rightHessian = hessian - leftHessian;
        if (leftHessian < minLeafHessian) continue;
        if (rightHessian < minLeafHessian) break;
        const rightGradient = gradient - leftGradient;
        const gain =
          (leftGradient * leftGradient) / (leftHessian + regularization) +
          (rightGradient * rightGradient) / (rightHessian + regularization) -
          gainBefore;
        if (gain > bestGain) {
          bestGain = gain;
          best = { column, bin, gradient: leftGradient, hessian: leftHessian };
        }
      }
    }
    return best;
  }

  /** Parts the node's rows, and counts only the smaller side: the other is the difference. */
  private split(tree: Tree, node: Node, { column, bin, gradient, hessian }: Split): [Node, Node] {
    const middle = this.partition(node, column, bin);
    const left = { index: tree.value.length, depth: node.depth + 1, from: node.from, to: middle, gradient, hessian };
    const right = { ...left, index: left.index + 1, from: middle, to: node.to };
    const rightSums = { gradient: node.gradient - gradient, hessian: node.hessian - hessian };
    tree.feature[node.index] = column;
    tree.threshold[node.index] = this.columns[column]?.cuts[bin] ?? 0;
    tree.left[node.index] = left.index;
    tree.right[node.index] = right.index;
    this.addLeaf(tree, left);
    this.addLeaf(tree, rightSums);
    if (left.depth >= this.options.maxDepth) {
      // Leaves are not split any further, so nobody will look at their histograms.
      return [
        { ...left, histogram: node.histogram },
        { ...right, ...rightSums, histogram: node.histogram },
      ];
    }
    const isLeftSmaller = middle - node.from < node.to - middle;
    const counted = this.histogramOf(isLeftSmaller ? left : right);
    const rest = node.histogram;
    for (let slot = 0; slot < rest.length; slot++) rest[slot] = (rest[slot] as number) - (counted[slot] as number);
    return [
      { ...left, histogram: isLeftSmaller ? counted : rest },
      { ...right, ...rightSums, histogram: isLeftSmaller ? rest : counted },
    ];
  }

  private partition({ from, to }: Node, column: number, bin: number): number {
    const bins = this.columns[column]?.bins ?? new Uint16Array();
    let [left, right] = [from, 0];
    for (let place = from; place < to; place++) {
      const row = this.order[place] as number;
      if ((bins[row] as number) <= bin) this.order[left++] = row;
      else this.spare[right++] = row;
    }
    this.order.set(this.spare.subarray(0, right), left);
    return left;
  }

  private addLeaf(tree: Tree, { gradient, hessian }: { gradient: number; hessian: number }): void {
    tree.feature.push(-1);
    tree.threshold.push(0);
    tree.left.push(-1);
    tree.right.push(-1);
    tree.value.push((-gradient / (hessian + this.options.regularization)) * this.options.learningRate);
  }

  private moveMargins(margins: Float64Array, { from, to }: Node, value: number): void {
    for (let place = from; place < to; place++) {
      const row = this.order[place] as number;
      margins[row] = (margins[row] as number) + value;
    }
  }
}
