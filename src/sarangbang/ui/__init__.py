"""The ground floor: layout, components, form fields; how the house writes days, names and places."""
