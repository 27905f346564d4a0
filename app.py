"""SeeSpot, what a CNN saw in a dog photo: `streamlit run app.py`. Runs the page that the address asks for."""

from pages.components import address
from pages.components.navigation import navigation

address.begin()
navigation().run()
