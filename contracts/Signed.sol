// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {ISigned, Void} from "./interfaces/ISigned.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Checks signed acts; see ISigned.
abstract contract Signed is ISigned, Ledger, EIP712 {
    bytes32 private constant VOID =
        keccak256("Void(bytes32 act,address signer,uint40 deadline)");

    /// @dev Some chains count milliseconds (FISCO BCOS): notices would end a thousand times too early.
    uint256 private immutable _unit;

    /// @dev keccak256(act, signer): a signer voids for himself alone, so that nobody can void another's act.
    mapping(bytes32 actAndSigner => bool) private _voided;

    /// @dev Bit b is set once some key of `_voided` that ends in byte b was: a word that stays warm in a batch says "never"
    /// for nearly every act. 2,000 gas less an act.
    uint256 private _voidedEndings;

    constructor() EIP712("Data Rights Registry", "1") {
        _unit = block.timestamp > 100_000_000_000 ? 1000 : 1;
    }

    /// @inheritdoc ISigned
    function void(Void calldata message, bytes calldata signature) external {
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(VOID, message)));
        _requireLive(message.deadline);
        bytes32 slot = keccak256(abi.encode(message.act, message.signer));
        if (_voided[slot]) revert ActIsVoid(message.act);
        _requireSignature(message.signer, digest, signature);

        _voided[slot] = true;
        _voidedEndings |= 1 << uint8(uint256(slot));

        _say(abi.encode(ActVoided.selector, message.act, message.signer));
    }

    /// @dev Unix seconds, whatever unit the chain counts in.
    function _now() internal view returns (uint40) {
        return uint40(block.timestamp / _unit);
    }

    /// @dev Requirements: the deadline has not passed, the signer has not voided the act, the signature holds.
    /// Checked before the first write: a wallet's ERC-1271 answer must never see half-written state.
    function _requireAct(bytes32 act, address signer, uint40 deadline, bytes calldata signature) internal view {
        _requireLive(deadline);
        bytes32 slot = keccak256(abi.encode(act, signer));
        if (_voidedEndings >> uint8(uint256(slot)) & 1 != 0 && _voided[slot]) revert ActIsVoid(act);
        _requireSignature(signer, act, signature);
    }

    function _requireLive(uint40 deadline) internal view {
        if (_now() > deadline) revert DeadlinePassed(deadline);
    }

    /// @dev ECDSA first, because an account with EIP-7702 code may still sign plainly; then ERC-1271.
    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (signature.length == 65) {
            (address recovered, ECDSA.RecoverError fault,) =
                ECDSA.tryRecover(digest, uint8(signature[64]), bytes32(signature), bytes32(signature[32:]));
            if (fault == ECDSA.RecoverError.NoError && recovered == signer) return;
        }
        if (!_isAcceptedBy(signer, digest, signature)) revert SignatureRefused(signer);
    }

    /// @dev A verb's first argument, when it is a static struct, follows the selector, a word a member: EIP-712's
    /// encodeData of it. A word that its type cannot hold is refused where the verb reads it.
    function _inPlace(bytes32 kind, uint256 members) internal view returns (bytes32) {
        return _typed(abi.encodePacked(kind, msg.data[4:4 + 32 * members]));
    }

    function _typed(bytes memory encoded) internal view returns (bytes32) {
        return _hashTypedDataV4(keccak256(encoded));
    }

    /// @dev Assembly copies one word of the answer: a hostile wallet could return megabytes that we would pay for.
    function _isAcceptedBy(address wallet, bytes32 digest, bytes calldata signature) private view returns (bool accepted) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 yes = bytes32(IERC1271.isValidSignature.selector);
        assembly ("memory-safe") {
            mstore(0x00, 0)
            accepted := staticcall(gas(), wallet, add(question, 0x20), mload(question), 0x00, 0x20)
            accepted := and(accepted, and(gt(returndatasize(), 0x1f), eq(mload(0x00), yes)))
        }
    }
}
