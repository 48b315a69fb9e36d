# METADATA
# title: Everything that has a layout
package   golden.format.layout   # beside the package
import data.b as  second
import data.a   # the first

import input.request


default allow   = false
default   limit(_)  :=  10
allow if   input.admin
allow  if { input.owner; not  input.blocked }
# above a rule

# apart from it

roles contains   role if { some role in input.roles ;role != "" } # beside it
names[id]   := name if {
    some id,  user in data.users
    name :=user.name   # a name


    name !=   ""
    # the last
}
f(x,  y) :=  z if { z := x+y*2 } else  := 0 if { x ==  y }
else := -1
empty := set()
set_of := { 1,2,
  3 }
list := [ # first
  1, 2,
  # between
  3 ]
object := {"a":1,"b" : {"c":[1,2]},
 "d": null}
call := sprintf("%s %d",
  ["a", 1])
squares := [x|some n in [1,2,3]; x := n*n]
pairs := {k:v |
   some k,v in data.pairs
   v > 1 }
every_one if {
  every k,v in input.things { is_string(k); v >   0 }
}
mocked if { allow with input as {"admin": true} with data.users as {} }
mocked if {
  allow with input.admin as true
    with input.owner as false
}
unions := ({1}|{2}) | {3}
member if { 1 in [1,2] ; "a",1 in {"a":1} }
reference := data.a["b-c"].d["e"][_]
text := `raw
string`
said := $"hello {input.name} and {count(input.roles)+1}"
# at the end
