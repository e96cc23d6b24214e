// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Code} from "../types/Code.sol";

/// @notice Shows the library's answers.
contract Codes {
    function monthOf(uint40 moment) external pure returns (uint24) {
        return Code.monthOf(moment);
    }

    function code(bytes2 prefix, uint16 registrar, uint24 month, uint16 serial) external pure returns (bytes15) {
        return Code.withSerial(Code.stem(prefix, registrar, month), serial);
    }
}
