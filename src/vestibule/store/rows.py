"""The type of rows that become no struct."""

Row = tuple[object, ...]
