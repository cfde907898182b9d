<% set thing = entity.singular | replace("_", " ") %>
// What the API is about: the << entity.class >> record and its fields.

// One stored << thing >>.
export class << entity.class >> {
  constructor(id, values, createdAt, updatedAt) {
    this.id = id;
<% for f in fields %>
    this.<< f.name >> = values.<< f.name >>;
<% endfor %>
    this.created_at = createdAt;
    this.updated_at = updatedAt;
  }
}

// What clients may send, in the order in which the page and the documents show it.
export const FIELDS = [
<% for f in fields %>
  { name: "<< f.name >>", label: "<< f.label >>", kind: "<< f.type >>", required: <% if f.required %>true<% else %>false<% endif %>, example: << f.example | tojson >> },
<% endfor %>
];
