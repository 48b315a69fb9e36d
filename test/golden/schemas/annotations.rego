# METADATA
# scope: subpackages
# schemas:
# - input: schema.request
package a

# METADATA
# schemas:
# - input.user: {type: object, properties: {name: {type: string}}}
p if input.user.mail

# METADATA
# schemas:
# - data.users: schema.missing
q if data.users[_] == 1

r if input.method == 1

# METADATA
# schemas:
# - input: {type: strin}
s if input == 1

# METADATA
# schemas:
# - input: {allOf: [{type: string}, {type: integer}]}
t if input == 1

# METADATA
# schemas:
# - input: {$ref: "http://localhost/a.json"}
u if input == 1
