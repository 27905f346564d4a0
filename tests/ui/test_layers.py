"""The page Layers as a visitor meets it, on NumPy networks of a few blocks."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import directly, opened, requested, settle, shown
from tests.ui.networks import Bench
from xai_core.requests import StudyRequest

Visit = Callable[..., AppTest]
LAYERS = {
    "first": ("block1_conv1", "block1_conv2", "block2_conv1", "block3_conv1"),
    "second": ("activation_1", "mixed0", "mixed1"),
}
BLOCKS = {"first": ("block1_conv2", "block2_conv1", "block3_conv1"), "second": ("mixed0", "mixed1")}


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page directly, as a link does, with the given words in its address."""
    for key, network in bench.networks.items():
        for part in (network, network.layer):
            part.spec = dataclasses.replace(part.spec, cam_layers=BLOCKS[key], layers=LAYERS[key])
        network.layer.given_activations = np.maximum(network.layer.given_activations, 0)

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        return opened(directly("layers"), address, wait=wait)

    return open_page


def pictures(page: AppTest) -> list[str]:
    """Return the texts of the pictures that have any, in order."""
    return [image.proto.imgs[0].alt for image in page.image if image.proto.imgs[0].alt]


def strip(page: AppTest, network: str) -> list[str]:
    """Return which methods are drawn at which blocks of a network, in order."""
    ending = f" of The {network} network: what speaks for "
    return [text.partition(ending)[0] for text in pictures(page) if ending in text]


def tiles(page: AppTest, name: str) -> list[int]:
    """Return the channels of the tiles of one kind, "map" or "projection", in order."""
    prefix = f"pick-{name}-"
    return [int(button.key.removeprefix(prefix)) for button in page.button if (button.key or "").startswith(prefix)]


def figures(bench: Bench, network: str = "first") -> tuple[np.ndarray, np.ndarray]:
    """Return each channel's mean activation and influence."""
    layer = bench.networks[network].layer
    products = layer.given_activations * layer.given_gradients
    return layer.given_activations.mean(axis=(0, 1)), products.sum(axis=(0, 1))


def test_a_cold_visit_shows_all_blocks_and_the_inside_of_the_last(visit: Visit, bench: Bench) -> None:
    """Catches a first screen that waits for clicks, and blocks in another order than the network's."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    assert strip(page, "first") == [
        f"{method} at block{block}" for block in (1, 2, 3) for method in ("Grad-CAM", "Grad-CAM++")
    ]
    assert not strip(page, "second")
    assert "Inside block3 of The first network" in [header.value for header in page.header]
    order = np.argsort(-figures(bench)[0])
    assert tiles(page, "map") == order.tolist()
    assert tiles(page, "projection") == order[:8].tolist()
    assert f"Map {order[0]} of block3_conv1" in pictures(page)
    assert not [text for text in pictures(page) if "kernels" in text]


def test_each_block_has_its_sentence(visit: Visit) -> None:
    """Catches a sentence about another depth."""
    captions = " ".join(caption.value for caption in visit().caption)
    assert (
        captions.index("Edges and spots of colour") < captions.index("Corners, stripes") < captions.index("fur, grass")
    )


def test_a_block_is_looked_into_and_the_address_says_which(visit: Visit) -> None:
    """Catches a block that opens without the address, and a channel kept from another layer."""
    page = visit(channel="block3_conv1.4")
    settle(page.button(key="open-first-block1_conv2").click().run())
    assert (shown(page, "layer"), shown(page, "of"), shown(page, "channel")) == ("block1_conv2", "first", None)
    assert "Inside block1 of The first network" in [header.value for header in page.header]
    assert "The 3 kernels of the first convolution" in pictures(page)
    assert page.button(key="open-first-block1_conv2").label == "Shown below"
    assert page.button(key="open-first-block3_conv1").label == "Look inside"


def test_a_block_s_other_layers_can_be_chosen(visit: Visit) -> None:
    """Catches layers of other blocks in the choice, and a choice that is ignored."""
    page = visit(layer="block1_conv2")
    [choice] = [control for control in page.segmented_control if control.label == "Layer of this block"]
    assert choice.options == ["block1_conv1", "block1_conv2"]
    settle(choice.set_value("block1_conv1").run())
    assert shown(page, "layer") == "block1_conv1"
    assert [text for text in pictures(page) if text.endswith(" of block1_conv1")]
    assert page.button(key="open-first-block1_conv2").label == "Shown below"


def test_maps_can_be_sorted_by_influence(visit: Visit, bench: Bench) -> None:
    """Catches evidence against that is sorted to the end, and projections that keep the other order."""
    page = visit()
    settle(page.segmented_control(key="linked-order").set_value("influence").run())
    order = np.argsort(-np.abs(figures(bench)[1]))
    assert shown(page, "order") == "influence"
    assert tiles(page, "map") == order.tolist()
    assert tiles(page, "projection") == order[:8].tolist()


def test_a_click_enlarges_a_map_and_says_what_it_does(visit: Visit, bench: Bench) -> None:
    """Catches another channel's figures, and the wrong direction for a negative influence."""
    page = visit()
    means, influences = figures(bench)
    channel = int(influences.argmin())
    assert influences[channel] < 0
    settle(page.button(key=f"pick-map-{channel}").click().run())
    assert shown(page, "channel") == f"block3_conv1.{channel}"
    assert f"Map {channel} of block3_conv1" in pictures(page)
    sentence = next(text.value for text in page.markdown if text.value.startswith(f"**Map {channel}**"))
    assert f"{means[channel]:.3g} on average" in sentence
    assert f"about {-influences[channel]:.2g} higher" in sentence  # the score would rise without it


def test_a_projection_s_click_enlarges_its_map(visit: Visit) -> None:
    """Catches a tile that enlarges another channel."""
    page = visit()
    channel = tiles(page, "projection")[3]
    settle(page.button(key=f"pick-projection-{channel}").click().run())
    assert shown(page, "channel") == f"block3_conv1.{channel}"


def test_both_networks_stand_one_above_the_other(visit: Visit) -> None:
    """Catches a second network with the first one's maps, and one that stays open once it is hidden."""
    page = visit()
    settle(page.toggle(key="linked-both").set_value(True).run())
    assert shown(page, "both") == "yes"
    assert len(strip(page, "first")) == 6
    assert strip(page, "second") == [
        "Grad-CAM at mixed0",
        "Grad-CAM++ at mixed0",
        "Grad-CAM at mixed1",
        "Grad-CAM++ at mixed1",
    ]
    settle(page.button(key="open-second-mixed0").click().run())
    assert "Inside mixed0 of The second network" in [header.value for header in page.header]
    assert len(strip(page, "first")) == 6  # the other one stays
    settle(page.toggle(key="linked-both").set_value(False).run())
    assert "Inside block3 of The first network" in [header.value for header in page.header]


def test_another_network_is_opened_at_its_own_last_block(visit: Visit) -> None:
    """Catches a layer's name that is carried to a network without such a layer."""
    page = visit(layer="block1_conv1", channel="block1_conv1.2")
    settle(page.selectbox(key="network").set_value("second").run())
    assert shown(page, "layer") is None
    assert "Inside mixed1 of The second network" in [header.value for header in page.header]


def test_blocks_without_evidence_say_so_and_evidence_against_is_shown_on_request(visit: Visit, bench: Bench) -> None:
    """Catches an empty map without a sentence, and one that stays empty when asked for the evidence against."""
    layer = bench.networks["first"].layer
    layer.given_gradients = -np.abs(layer.given_gradients)
    page = visit()
    empty = [caption.value for caption in page.caption if "is empty: no evidence" in caption.value]
    assert len(empty) == 6
    settle(page.toggle(key="linked-against").set_value(True).run())
    assert shown(page, "against") == "yes"
    assert not [caption for caption in page.caption if "is empty" in caption.value]
    assert len(strip(page, "first")) == 6


def test_what_a_map_likes_is_made_on_request_only(visit: Visit) -> None:
    """Catches a minute of work that nobody asked for."""
    page = visit()
    channel = tiles(page, "map")[0]
    assert not [text for text in pictures(page) if "likes best" in text]
    settle(page.button(key="like").click().run())
    assert shown(page, "like") == f"block3_conv1.{channel}"
    assert f"What map {channel} of block3_conv1 likes best" in pictures(page)
    settle(page.button(key=f"pick-map-{tiles(page, 'map')[1]}").click().run())
    assert not [text for text in pictures(page) if "likes best" in text]


@pytest.mark.parametrize(
    "address",
    [
        {"layer": "block9"},
        {"layer": "mixed0"},
        {"of": "resnet"},
        {"order": "colour"},
        {"channel": "block3_conv1.1000"},
        {"channel": "<script>"},
        {"channel": "block3_conv1.²"},
        {"like": "everything"},
    ],
)
def test_nonsense_in_the_address_falls_back(visit: Visit, address: dict[str, str]) -> None:
    """Catches a broken link that breaks the page."""
    page = visit(**address)
    assert not page.exception and not page.error
    assert "Inside block3 of The first network" in [header.value for header in page.header]
    assert f"Map {tiles(page, 'map')[0]} of block3_conv1" in pictures(page)


def test_a_study_that_fails_is_reported_in_its_place_and_can_be_tried_again(visit: Visit, bench: Bench) -> None:
    """Catches one failed study that takes the whole page with it."""
    network = bench.networks["first"]
    network.block_gradients = lambda rgb, target: 1 / 0  # type: ignore[method-assign, return-value]
    page = visit()
    assert not page.exception and len(page.error) == 1
    assert not strip(page, "first")
    assert tiles(page, "map")
    del network.block_gradients
    settle(page.button(key="again-strip-first").click().run())
    assert not page.error and len(strip(page, "first")) == 6


def test_leaving_a_block_cancels_its_work(visit: Visit, bench: Bench) -> None:
    """Catches a machine that goes on projecting maps that nobody looks at."""
    page = visit()
    before = requested(page, StudyRequest)
    settle(page.button(key="open-first-block1_conv2").click().run())
    layers = {getattr(request.study, "layer", None) for request in requested(page, StudyRequest)}
    assert layers == {None, "block1_conv2"}
    assert any(getattr(request.study, "layer", None) == "block3_conv1" for request in before)
