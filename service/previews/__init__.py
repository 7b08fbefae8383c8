"""What a change of a topic would do, shown before it is made: on the works of the last weeks.

    works read once (works, pool) -> a ranking of them (texts, standing) -> what it shows (shown,
    regrets)

A room beside the pipeline, with the rules of the modules there: it is handed the store, the encoder
and the ranker.
"""
