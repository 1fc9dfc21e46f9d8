"""The editor of a draft's terms: forms made from the rulebook's own descriptions of what terms can say.

It owns how a shape of the rulebook is drawn and read back, where in the document a form belongs, and the invented
example beside it. It serves the step design. It must not know any rule kind by name, and it saves nothing itself.
"""
