"""Many variables that are bound in the innermost of nested loops only. # carried

Breaks a compiler that finds out about the variables one by one, building anew for each at each loop, until it gives up.
"""


def chained(rounds):
    total = 0
    for a in range(rounds):
        for b in range(3):
            for c in range(2):
                v0 = (a * 7 + b * 5 + c) & 1023
                v1 = (v0 * 3 + c) & 1023
                v2 = (v1 * 3 + c) & 1023
                v3 = (v2 * 3 + c) & 1023
                v4 = (v3 * 3 + c) & 1023
                v5 = (v4 * 3 + c) & 1023
                v6 = (v5 * 3 + c) & 1023
                v7 = (v6 * 3 + c) & 1023
                v8 = (v7 * 3 + c) & 1023
                v9 = (v8 * 3 + c) & 1023
                v10 = (v9 * 3 + c) & 1023
                v11 = (v10 * 3 + c) & 1023
                v12 = (v11 * 3 + c) & 1023
                v13 = (v12 * 3 + c) & 1023
                v14 = (v13 * 3 + c) & 1023
                v15 = (v14 * 3 + c) & 1023
                v16 = (v15 * 3 + c) & 1023
                v17 = (v16 * 3 + c) & 1023
                v18 = (v17 * 3 + c) & 1023
                v19 = (v18 * 3 + c) & 1023
                v20 = (v19 * 3 + c) & 1023
                v21 = (v20 * 3 + c) & 1023
                v22 = (v21 * 3 + c) & 1023
                v23 = (v22 * 3 + c) & 1023
                v24 = (v23 * 3 + c) & 1023
                v25 = (v24 * 3 + c) & 1023
                total = (total * 5 + v25) & 0xFFFFF
    return total, v0, v1, v2, v3, v4, v5, v6, v7


for rounds in [4] * 20 + [1, 2, 3, 40]:
    print(chained(rounds))
try:
    chained(0)
except UnboundLocalError as error:
    print(error)
