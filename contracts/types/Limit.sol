// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What a remark on an entry bars, in one slot: kind 8 | rights 8 | acts 16 | until 40. Zero once lifted.
type Limit is uint256;

using LimitLibrary for Limit global;

library LimitLibrary {
    function placed(uint8 kind_, uint8 rights, uint16 acts, uint40 until) internal pure returns (Limit) {
        return Limit.wrap(uint256(kind_) << 64 | uint256(rights) << 56 | uint256(acts) << 40 | until);
    }

    function stands(Limit limit) internal pure returns (bool) {
        return Limit.unwrap(limit) != 0;
    }

    /// @param act The number of the act, which is the bit of it.
    /// @return Whether this bars an act on any of the rights at a moment in Unix seconds.
    function bars(Limit limit, uint8 rights, uint8 act, uint40 moment) internal pure returns (bool) {
        uint256 word = Limit.unwrap(limit);
        return uint40(word) >= moment && uint8(word >> 56) & rights != 0 && word >> 40 >> act & 1 != 0;
    }
}
