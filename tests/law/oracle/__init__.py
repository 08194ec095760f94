"""A second reckoning of the law, in exact fractions, by somebody who has not read the first.

`figures` holds the numbers, `calendar` the days, `answer` what an answer is and what the sources leave open, `family`
what is known on a day, `children`, `fund` and `budget` the eleven services, `households` random families, `compare` the
two reckonings side by side. Nothing of the law in `benefits` is read here: only the shape and the words of the facts
are shared, so that one mistake cannot be made in both places at once. It is the source that decides where they differ.
"""
