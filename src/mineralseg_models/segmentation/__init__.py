"""From a stack of pictures to labels, uncertainty and the regions worth a second look."""
