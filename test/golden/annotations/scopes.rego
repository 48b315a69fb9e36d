# METADATA
# title: The package
# description: |
#   Two lines
#     of text.
# organizations:
# - Acme Corp.
# labels: {team: core, tier: 1}
package a.b

# METADATA
# scope: document
# entrypoint: true
# authors:
# - Jane Doe <jane@example.com>
# - name: John
#   email: john@example.com
# related_resources:
# - https://example.com/a b
# - ref: http://john:123@do.re/mi?foo=bar#baz
#   description: >
#     folded
#     text

# METADATA
# title: The first rule
# labels:
#   tier: 2
# custom:
#   number: 1.50
#   list: [1, "two", null, {three: true}]
#   date: 2024-01-31
# schemas:
# - input: schema.request
# - data.users: {type: array}
allow if input.x

# METADATA
# title: The second rule
allow := false if not input.x

names contains "a"
