"""The model card: a page made from model.json, so that no figure in it can differ from what was measured."""

from typing import Any


def model_card(description: dict[str, Any]) -> str:
    """Return the card of a trained and evaluated network as Markdown."""
    training, measured = description["training"], description["measured"]
    familiarity, views = measured["familiarity"], description["familiarity"]["views"]
    size = "×".join(str(side) for side in description["input_size"])
    pairs = "\n".join(
        f"| {pair['pair'][0]} | {pair['pair'][1]} | {pair['first_as_second']} | {pair['second_as_first']} |"
        for pair in measured["worst_pairs"]
    )
    recipe = "" if "distillation" in training else " --recipe cached-features"
    saw = "The backbone and the teachers saw" if "teachers" in training else "The backbone saw"
    teachers = "; the teachers' packages have the Apache-2.0 licence" if "teachers" in training else ""
    return f"""# {description["title"]} for 120 dog breeds

{description["sentence"]} This file is written by `python -m xai_core evaluate`; its figures are those of model.json.

## Measured

On {measured["photos"]["val"]:,} validation photos of Stanford Dogs (20 a breed, from the official test split), asked through the
same code, the same float16 weights and the same preprocessing as the app:

| | |
|---|---|
| top-1 | {measured["top_1"]:.1%} |
| top-5 | {measured["top_5"]:.1%} |
| mean probability of the first answer, when right | {measured["mean_confidence_right"]:.1%} |
| mean probability of the first answer, when wrong | {measured["mean_confidence_wrong"]:.1%} |
| photos whose first answer stays under 50 % | {measured["torn"]:.1%} |
| expected calibration error (15 bins) | {measured["calibration_error"]:.1%} |

The pairs taken for each other most often (of 20 photos each way):

| A | B | A taken for B | B taken for A |
|---|---|---|---|
{pairs}

**Familiarity** ("does this look like the photos the network knows"): the distance of the last features to the nearest breed,
fitted on {training["photos"]["familiarity"]:,} training photos. Against {measured["photos"]["not_dogs"]} photos without dogs its AUROC is {familiarity["auroc"]:.3f}; the notice
appears for {familiarity["others_called_unfamiliar"]:.0%} of those, for {familiarity["dogs_called_unfamiliar"]:.0%} of the dogs, and for {views["called_unfamiliar"]:.0%} of {views["photos"]} views of dogs as people
take them (closer, farther, in other proportions, smaller); other photos and views like these set its threshold. Its two settings (how many directions, how round a covariance) were chosen by the AUROC against 80 other photos.

Every answer is in [answers.csv](answers.csv), from which these figures can be computed again.

## Data and recipe

- Photos: {training["photos"]["train"]:,} of Stanford Dogs' official train split (100 a breed), squeezed to {size} without cropping.
  Khosla, Jayadevaprakash, Yao and Fei-Fei, "Novel dataset for fine-grained image categorization", 2011.
{_how(training)}
- Its logits are divided by {training["calibrated_by"]:.2f}, the temperature at which its probabilities fit the validation photos best (one
  number, fitted on the photos of the table above; it changes no answer). Guo et al., "On Calibration of Modern Neural
  Networks", 2017.
- Again: `python -m xai_core train --classifier {description["key"]} --photos DIR{recipe}`.

## Known limits

- {saw} ImageNet, of which Stanford Dogs is a part: photos of the validation set may have been among the photos that
  ImageNet's networks learned from, so accuracy on photos of your own will be lower.
- It knows 120 breeds and nothing else: a mixed breed, a wolf or a cat gets the name of some breed, with a notice where the photo looks
  unfamiliar. The notice can be wrong both ways, as measured above.
- Its probabilities are right on average over such photos (calibration error above), not for every breed and not for other photos.
- Photos are squeezed to a square: very wide or very tall ones reach the network distorted.
- It was trained to tell breeds apart for demonstrations of explanation methods, not to identify animals for any purpose.

Weights: MIT licence, as the backbone's package{teachers}. The photos themselves are not part of this project.
"""


def _how(training: dict[str, Any]) -> str:
    """Return where the network started and how it learned, by whichever recipe made it."""
    backbone = f"- Backbone: ImageNet weights read from {training['backbone']['package']}, frozen up to\n"
    backbone += f"  `{training['backbone']['frozen_up_to']}`; "
    if "distillation" in training:
        return f"{backbone}the dense layer began with random numbers{_begun(training)}.\n{_distilled(training)}"
    start = "logistic regression on its pooled features" if training["start_from_probe"] else "a random dense layer"
    stages = "\n".join(_stage(recipe) for recipe in training["recipes"])
    return f"{backbone}its outputs on each view of every photo were cached once.\n- Above it, fine-tuned from {start}:\n{stages}"


def _begun(training: dict[str, Any]) -> str:
    """Return what to add where the network went on from weights of a file."""
    if training["start"] == training["backbone"]["sha256"]:
        return ""
    return f",\n  and earlier training made the weights that this one went on from (SHA-256 {training['start'][:12]}…)"


def _distilled(training: dict[str, Any]) -> str:
    recipe = training["distillation"]
    teachers = " and ".join(teacher["package"] for teacher in training["teachers"])
    return (
        f"- Distilled from {teachers}:\n"
        f"  - the loss is {recipe['teacher_share']:g} KL(teacher || network) at temperature {recipe['temperature']:g} and "
        f"{1 - recipe['teacher_share']:g} cross-entropy with label smoothing {recipe['label_smoothing']:g};\n"
        f"  - {recipe['steps']:,} steps of AdamW on batches of {recipe['batch_size']} photos, learning rate "
        f"{recipe['learning_rate']:g} ({recipe['gentle_learning_rate']:g} up to `{recipe['gentle_up_to']}`) with\n"
        f"    {recipe['warm_up_steps']} steps of warm-up, then a cosine; weight decay {recipe['weight_decay']:g}, gradients of norm "
        f"{recipe['clip_norm']:g} at most, dropout 0.3, seed {recipe['seed']}, {recipe['precision']};\n"
        f"  - every view is new: a random part, turned, mirrored, in other light, half of the batches blended (mixup, CutMix), "
        f"{recipe['sides'][0]} px; the last\n    {recipe['last_stretch']:.0%} of the steps with milder views of "
        f"{recipe['sides'][1]} px;\n"
        f"  - the network is the average of its weights over the steps (decay {recipe['averaging']:g}).{_carried_out(training)}"
    )


def _carried_out(training: dict[str, Any]) -> str:
    """Return what to add where another program than this one carried the recipe out."""
    if "carried_out" not in training:
        return ""
    run = training["carried_out"]
    return f"\n- Carried out on {run['hardware']} in {run['seconds']} s, {run['difference']}."


def _stage(recipe: dict[str, Any]) -> str:
    schedule = recipe["schedule_epochs"] or len(recipe["windows"])
    taught = ""
    if recipe["teacher"]:
        taught = (
            f";\n    labels mixed with the probabilities of {recipe['teacher']} on the same photos "
            f"(share {recipe['teacher_share']:g}, temperature {recipe['temperature']:g})"
        )
    if recipe["mixup"]:
        taught += f";\n    pairs of photos blended, shares from Beta({recipe['mixup']:g}, {recipe['mixup']:g})"
    epochs = len(recipe["windows"])
    return (
        f"  - {epochs} {'epoch' if epochs == 1 else 'epochs'} of AdamW, learning rate {recipe['learning_rate']:g} falling along a cosine "
        f"made for {schedule},\n    weight decay {recipe['weight_decay']:g}, batches of {recipe['batch_size']}, label smoothing "
        f"{recipe['label_smoothing']:g}, dropout 0.3, seed {recipe['seed']}, {recipe['precision']};\n"
        f"    views {', '.join(recipe['views'])}; "
        f"random windows of the cached feature map, with sides {', '.join(map(str, recipe['windows']))} (one an epoch)"
        f"{taught}"
    )
