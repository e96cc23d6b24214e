// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {IRegistrations, State} from "../interfaces/IRegistrations.sol";

/// @notice Accepts every signature.
contract AcceptingWallet is IERC1271 {
    function isValidSignature(bytes32, bytes memory) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }
}

/// @notice Answers with another word than the one that accepts.
contract RefusingWallet is IERC1271 {
    function isValidSignature(bytes32, bytes memory) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

/// @notice Says the accepting four bytes and something more in the same word.
contract SloppyWallet {
    function isValidSignature(bytes32, bytes memory) external pure returns (bytes32) {
        return bytes32(IERC1271.isValidSignature.selector) | bytes32(uint256(1));
    }
}

/// @notice Answers the accepting four bytes and no more: less than a word.
contract CurtWallet {
    fallback() external {
        assembly {
            mstore(0x00, shl(224, 0x1626ba7e))
            return(0x00, 4)
        }
    }
}

/// @notice Reverts with the very answer that would accept.
contract RevertingWallet {
    fallback() external {
        assembly {
            mstore(0x00, shl(224, 0x1626ba7e))
            revert(0x00, 32)
        }
    }
}

/// @notice Accepts, and sends two megabytes along.
contract BombWallet {
    fallback() external {
        assembly {
            mstore(0x00, shl(224, 0x1626ba7e))
            return(0x00, 2000000)
        }
    }
}

/// @notice Reverts with half a megabyte of reasons.
contract RevertingBombWallet {
    fallback() external {
        assembly {
            revert(0x00, 500000)
        }
    }
}

/// @notice Burns whatever gas it is given.
contract BurningWallet {
    fallback() external {
        assembly {
            invalid()
        }
    }
}

/// @notice Accepts until somebody flips it: true when the act is simulated, false when it is mined.
contract FlippingWallet is IERC1271 {
    bool private _flipped;

    function flip() external {
        _flipped = !_flipped;
    }

    function isValidSignature(bytes32, bytes memory) external view returns (bytes4) {
        return _flipped ? bytes4(0) : IERC1271.isValidSignature.selector;
    }
}

/// @notice Accepts if the call it makes back into the house fails, as any call that writes must.
contract ReenteringWallet {
    address private immutable _target;
    bytes private _act;

    constructor(address target) {
        _target = target;
    }

    function prepare(bytes calldata act) external {
        _act = act;
    }

    function isValidSignature(bytes32, bytes memory) external returns (bytes4) {
        (bool stands,) = _target.call(_act);
        return stands ? bytes4(0) : IERC1271.isValidSignature.selector;
    }
}

/// @notice Accepts a filing if the registration is not there yet: checks come before the first write.
contract WatchingWallet is IERC1271 {
    IRegistrations private immutable _registrations;

    constructor(IRegistrations registrations) {
        _registrations = registrations;
    }

    function isValidSignature(bytes32 digest, bytes memory) external view returns (bytes4) {
        (State state, uint16 step,,,,,,,) = _registrations.record(digest);
        return state == State.NONE && step == 0 ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
