"""Writes csrc/src/power_table.c: powers of ten to 128 bits.

Usage: python csrc/tools/make_power_table.py > csrc/src/power_table.c

Row q holds 10**q scaled by a power of two into [2**127, 2**128), as (high, low) words.
Rounding: exact for 0 <= q <= 55 (5**55 < 2**128), up for -27 <= q < 0 (so that a product
with a multiple of 5**-q comes out exact in its upper bits), down for all others. The
readers and writers in csrc/src rely on these three classes; see power_table.h.
"""

MIN_EXPONENT, MAX_EXPONENT = -342, 324


def scaled_power(q: int) -> int:
    """10**q scaled into [2**127, 2**128), rounded as the module's docstring says."""
    power = 5 ** abs(q)
    bits = power.bit_length()
    if q >= 0:
        return power << 128 - bits if bits <= 128 else power >> bits - 128
    quotient, rest = divmod(1 << bits + 127, power)
    if quotient >> 128:  # power is 2**(bits - 1) itself: cannot happen for 5**n, n > 0
        raise AssertionError(q)
    return quotient + (1 if rest and q >= -27 else 0)


def main() -> None:
    print(
        "/* Made by csrc/tools/make_power_table.py; do not edit. */\n"
        '#include "power_table.h"\n\n'
        "/* clang-format off */\n"
        "const uint64_t rs_power_table[RS_MAX_POWER - RS_MIN_POWER + 1][2] = {"
    )
    rows = [
        f"{{0x{value >> 64:016x}U, 0x{value & (1 << 64) - 1:016x}U}},"
        for value in map(scaled_power, range(MIN_EXPONENT, MAX_EXPONENT + 1))
    ]
    for i in range(0, len(rows), 2):
        print("    " + " ".join(rows[i : i + 2]))
    print("};\n/* clang-format on */")


if __name__ == "__main__":
    main()
