# SPDX-License-Identifier: GPL-2.0
"""How Sphinx makes pages of this folder: scripts/htmldocs."""

project = "iomem"
author = "The iomem authors"
exclude_patterns = ["devicetree"]

# A name that leads nowhere is a mistake.
nitpicky = True
highlight_language = "none"

html_theme = "alabaster"
html_show_copyright = False
html_theme_options = {"description": "I/O memory for Rust modules and for programs", "page_width": "1080px"}
