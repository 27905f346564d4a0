"""shap's PartitionExplainer with a reproducible order of evaluations, and progress. Importing this takes seconds.

The only file that uses private names of shap: `lower_credit`, and the attributes `_clustering` and `_mask_matrix` of its
PartitionExplainer. Checked with shap 0.51.0.
"""

import heapq
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from shap import PartitionExplainer
from shap.explainers._partition import lower_credit

from xai_core.explainers.shared.batches import BATCH


class OrderedPartitionExplainer(PartitionExplainer):
    """PartitionExplainer for a model with one output f64[N], which splits the most important group first.

    shap breaks ties between equally important groups by NumPy's global generator, so that threads disturb each other;
    here the group that was opened first goes first. `after_batch(evaluations, values f64[M])` is called after each batch
    with the values so far, which already sum to the difference of the outputs; it may raise to stop.
    """

    def __init__(self, model: Any, masker: Any, after_batch: Callable[[int, Callable[[], np.ndarray]], None]) -> None:
        super().__init__(model, masker)
        self._after_batch = after_batch

    def owen(
        self,
        fm: Callable[[np.ndarray], np.ndarray],
        f00: Any,
        f11: Any,
        max_evals: int,
        output_indexes: Any,
        fixed_context: Any,
        batch_size: Any,
        silent: bool,
    ) -> tuple[Any, Any]:
        """Fill `self.dvalues` with what each group of the tree gains in the contexts evaluated; see the base class.

        Owen values weigh the context where a group's sibling is hidden and the one where it is visible alike, so each
        split takes two evaluations (left only, right only) and leaves four open groups with half of the weight.
        """
        leaves = len(fm)  # type: ignore[arg-type]
        arrival = itertools.count()
        nothing_visible = np.zeros(leaves, dtype=bool)
        # (negative importance, arrival, visible outside the group, output without it, output with it, group, weight)
        open_groups: list[tuple[Any, ...]] = [
            (0.0, next(arrival), nothing_visible, f00, f11, len(self.dvalues) - 1, 1.0)
        ]
        evaluations = 0

        def values_so_far() -> np.ndarray:
            gains = self.dvalues.copy()
            for _, _, _, without, with_group, group, weight in open_groups:
                gains[group] += (with_group - without) * weight
            spread = gains.copy()
            lower_credit(len(gains) - 1, 0, leaves, spread, self._clustering)
            values: np.ndarray = spread[:leaves]
            return values

        while open_groups and evaluations < max_evals:
            splits: list[tuple[Any, ...]] = []
            while open_groups and 2 * len(splits) < BATCH and evaluations + 2 * len(splits) < max_evals:
                _, _, context, without, with_group, group, weight = heapq.heappop(open_groups)
                if group < leaves:
                    self.dvalues[group] += (with_group - without) * weight
                    continue
                left, right = (int(child) for child in self._clustering[group - leaves, :2])
                splits.append((context, without, with_group, left, right, weight))
            if not splits:
                break
            masks = [
                context | self._mask_matrix[child].toarray()[0].astype(bool)
                for context, _, _, left, right, _ in splits
                for child in (left, right)
            ]
            outputs = fm(np.array(masks))
            evaluations += len(masks)
            for number, (context, without, with_group, left, right, weight) in enumerate(splits):
                with_left, with_right = masks[2 * number : 2 * number + 2]
                left_only, right_only = outputs[2 * number : 2 * number + 2]
                for mask, low, high, child in (
                    (context, without, left_only, left),
                    (context, without, right_only, right),
                    (with_right, right_only, with_group, left),
                    (with_left, left_only, with_group, right),
                ):
                    importance = abs(float(high - low)) * weight / 2
                    heapq.heappush(open_groups, (-importance, next(arrival), mask, low, high, child, weight / 2))
            self._after_batch(evaluations, values_so_far)
        # What the budget left open stays with its group and is shared out among the group's pixels.
        for _, _, _, without, with_group, group, weight in open_groups:
            self.dvalues[group] += (with_group - without) * weight
        return output_indexes, f00
