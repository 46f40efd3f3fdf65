"""Pictures of a network: one layout, written as SVG and as TikZ."""
