"""What the HTML deck is made of: the template, style and script of the page, and what is put into them."""
