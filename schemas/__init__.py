"""Tables: pandera models of the files in and of the tables out."""
