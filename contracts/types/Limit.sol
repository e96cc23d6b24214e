// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What a remark on an entry bars, in one slot: kind 8 | rights 8 | acts 16 | until 40. Zero once lifted.
type Limit is uint256;

using LimitLibrary for Limit global;

library LimitLibrary {
    function placed(uint8 kind_, uint8 rights_, uint16 acts, uint40 until) internal pure returns (Limit) {
        return Limit.wrap(uint256(kind_) << 64 | uint256(rights_) << 56 | uint256(acts) << 40 | until);
    }

    function rights(Limit limit) internal pure returns (uint8) {
        return uint8(Limit.unwrap(limit) >> 56);
    }

    /// @return What of this is left for some of the rights from a moment on; a mere record is a record of them all.
    function narrowed(Limit limit, uint8 some, uint40 moment) internal pure returns (Limit) {
        uint256 word = Limit.unwrap(limit);
        if (limit.rights() == 0) return limit;
        if (limit.rights() & some == 0 || uint40(word) < moment) return Limit.wrap(0);
        return Limit.wrap(word & ~(uint256(~some & 0xff) << 56));
    }

    function stands(Limit limit) internal pure returns (bool) {
        return Limit.unwrap(limit) != 0;
    }

    /// @param act The number of the act, which is the bit of it.
    /// @return Whether this bars an act on any of the rights at a moment in Unix seconds.
    function bars(Limit limit, uint8 some, uint8 act, uint40 moment) internal pure returns (bool) {
        uint256 word = Limit.unwrap(limit);
        return uint40(word) >= moment && limit.rights() & some != 0 && word >> 40 >> act & 1 != 0;
    }
}
