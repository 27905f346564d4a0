"""Methods that begin with the same pass through a network get it once."""

import threading

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.memo import PassMemo
from xai_core.explainers.registry import build_explainer


class Engine(fakes.Complete):
    """An engine that counts its passes."""

    def __init__(self) -> None:
        super().__init__()
        self.passes: list[str] = []

    def gradients(self, rgb, target, *, rule="plain", low_precision=False):
        self.passes.append(f"gradients {rule}")
        return super().gradients(rgb, target, rule=rule).copy()

    def layer_gradients(self, rgb, layer, target):
        self.passes.append("layer_gradients")
        return super().layer_gradients(rgb, layer, target)

    def logits_and_features(self, rgb, *, low_precision=False):
        self.passes += ["logits"] * len(rgb)
        return self.logits(rgb), np.zeros((len(rgb), 1), np.float32)


@pytest.fixture
def network():
    engine = Engine()
    return LoadedClassifier(engine.spec, engine, None, None)


@pytest.mark.parametrize(
    ("methods", "passes"),
    [
        (("saliency", "gradient_x_input"), ["gradients plain"]),
        (("grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam"), ["layer_gradients"]),
        (("grad_cam", "guided_grad_cam", "guided_backprop"), ["layer_gradients", "gradients guided"]),
    ],
)
def test_one_pass_serves_many_maps(network, methods, passes):
    """Catches the same pass asked for each map, and a map that comes out different for being second."""
    for method in methods:
        shared = build_explainer(method, {}).attribute(network, fakes.photo(), 1)
        alone = build_explainer(method, {}).attribute(fakes.Complete(), fakes.photo(), 1)
        np.testing.assert_array_equal(shared.values, alone.values)
    assert network.engine.passes == passes


def test_what_differs_is_asked_again(network):
    """Catches an answer given to another photo, class, rule or precision."""
    photo = fakes.photo()[np.newaxis]
    questions = [(photo, 0, "plain", False), (photo * np.float32(0.9), 0, "plain", False)]
    questions += [(photo, 1, "plain", False), (photo, 0, "guided", False), (photo, 0, "plain", True)]
    for rgb, target, rule, low_precision in questions * 2:
        found = network.gradients(rgb, target, rule=rule, low_precision=low_precision)
        np.testing.assert_array_equal(found, fakes.Complete().gradients(rgb, target))
    assert len(network.engine.passes) == len(questions)


def test_nobody_can_change_what_others_will_get(network):
    """Catches a remembered array that one caller can change for all others."""
    answer = network.gradients(fakes.photo()[np.newaxis], 0)
    with pytest.raises(ValueError, match="read-only"):
        answer[:] = 0


def test_memory_is_bounded_and_many_photos_are_not_kept():
    """Catches a memo that grows with every photo that people look at."""
    memo, asked = PassMemo(most_bytes=1000), []

    def ask(number, floats):
        asked.append(number)
        return (np.full(floats, number, np.float32),)

    photos = [np.full((1, 2, 2, 3), number, np.float32) for number in range(5)]
    for number, photo in enumerate(photos):
        memo.get(photo, "q", lambda number=number: ask(number, 60))
    assert memo.get(photos[4], "q", lambda: ask(4, 60))[0][0] == 4
    assert asked == [0, 1, 2, 3, 4]
    memo.get(photos[0], "q", lambda: ask(0, 60))
    assert asked[-1] == 0, "the oldest one had to go"
    memo.get(photos[1], "large", lambda: ask(1, 600))
    memo.get(photos[1], "large", lambda: ask(1, 600))
    assert asked[-2:] == [1, 1], "what is larger than all memory is not kept"
    memo.get(photos[0], "q", lambda: ask(0, 60))
    assert asked[-1] == 1, "and pushes nothing else out"
    two = np.concatenate(photos[:2])
    memo.get(two, "q", lambda: ask(2, 1))
    memo.get(two, "q", lambda: ask(2, 1))
    assert asked[-2:] == [2, 2]


def test_threads_that_ask_at_once_get_their_own_answers():
    """Catches keys mixed up between threads."""
    memo, wrong = PassMemo(most_bytes=2000), []

    def ask(number):
        photo = np.full((1, 2, 2, 3), number, np.float32)
        for _ in range(200):
            [found] = memo.get(photo, "q", lambda: (np.full(60, number, np.float32),))
            if (found != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_each_reference_is_asked_about_once():
    """Catches the logits of another reference, and one that is paid for by every map."""
    engine = Engine()
    network = LoadedClassifier(engine.spec, engine, engine.background(), None)
    for chosen in ([3, 1, 3], [1, 2], [2, 3, 1, 0]):
        found = network.background_logits(np.array(chosen))
        np.testing.assert_array_equal(found, engine.logits(engine.background()[chosen]))
    assert engine.passes == ["logits"] * 4
