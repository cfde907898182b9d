// Two example records for the tests.

export const COLLECTION = "/api/<< entity.plural >>";

// Two records that differ in every field.
export const EXAMPLE = {
<% for f in fields %>
  << f.name >>: << f.example | tojson >>,
<% endfor %>
};
export const OTHER = {
<% for f in fields %>
  << f.name >>: << f.other | tojson >>,
<% endfor %>
};
