"""What a visitor chooses stays chosen, whatever the browser sends that is older than the choice."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.inputs import url_widgets


def page() -> None:
    import streamlit as st

    from pages.components.inputs import url_widgets
    from pages.components.shell import address

    address.begin()
    family = url_widgets.segments("family", "Family", {"all": "All", "cam": "CAM", "sampling": "Sampling"}, "all")
    st.button("Show all", on_click=address.put, kwargs={"family": None})
    st.text(family)


@pytest.fixture
def visited() -> AppTest:
    return AppTest.from_function(page, default_timeout=60).run()


def shown(visited: AppTest) -> str:
    return visited.text[0].value


def told(visited: AppTest) -> bool:
    """Return whether the browser is told what the widget shows, rather than left with what it has."""
    return bool(visited.segmented_control[0].proto.set_value)


def test_a_poll_from_before_the_choice_does_not_take_it_back(visited: AppTest) -> None:
    """Catches a choice undone by an address that is older than the choice."""
    visited.segmented_control[0].set_value("cam").run()
    assert shown(visited) == "cam" and visited.query_params == {"family": "cam"}
    visited.query_params.clear()  # what the browser still had for the address when it sent this
    visited.run()
    assert shown(visited) == "cam" and visited.query_params == {"family": "cam"}


def test_a_second_choice_sent_before_the_first_was_known_keeps_both() -> None:
    """Catches a first choice lost with the second one."""

    def page() -> None:
        import streamlit as st

        from pages.components.shell import address

        address.begin()
        for name in ("one", "other"):
            st.button(name, on_click=address.put, kwargs={name: "yes"})

    visited = AppTest.from_function(page, default_timeout=60).run()
    visited.button[0].click().run()
    visited.query_params.clear()
    visited.button[1].click().run()
    assert visited.query_params == {"one": "yes", "other": "yes"}


def test_a_choice_taken_back_by_its_visitor_is_taken_back(visited: AppTest) -> None:
    """Catches an address that is taken for an old one for ever."""
    for choice in ("cam", "all", "cam", "all"):
        visited.segmented_control[0].set_value(choice).run()
        visited.run()
        assert shown(visited) == choice


def test_a_link_to_another_view_of_the_page_is_followed(visited: AppTest) -> None:
    """Catches a widget that keeps its choice against a newer address."""
    visited.segmented_control[0].set_value("cam").run()
    visited.query_params["family"] = "sampling"
    visited.run()
    assert shown(visited) == "sampling"


def test_a_widget_begins_with_what_the_address_says_and_is_told_nothing() -> None:
    """Catches a widget that is moved back while its visitor moves it, because a run was drawn meanwhile."""
    visited = AppTest.from_function(page, default_timeout=60)
    visited.query_params["family"] = "sampling"
    visited.run()
    for _run in range(2):
        assert list(visited.segmented_control[0].proto.default) == [2] and not told(visited)
        visited.run()
    visited.segmented_control[0].set_value("cam").run()
    assert not told(visited) and not told(visited.run())


def test_a_widget_that_the_address_moves_is_told_until_a_browser_must_have_drawn_it(
    visited: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a browser that drew only the second of two runs, and sends back the value before as a choice."""
    visited.segmented_control[0].set_value("cam").run()
    visited.button[0].click().run()
    assert shown(visited) == "all" and told(visited) and told(visited.run())
    monkeypatch.setattr(url_widgets, "_DRAWN_AFTER", 0.0)
    assert not told(visited.run()) and shown(visited) == "all"
