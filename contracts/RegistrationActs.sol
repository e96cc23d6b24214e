// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Accept,
    Attest,
    Claim,
    Correct,
    DeemAccepted,
    File,
    Object,
    Publish,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Resolve,
    Supplement,
    Terminate,
    Withdraw
} from "./interfaces/IRegistrations.sol";
import {Signed} from "./Signed.sol";

/// @notice What is signed in the procedure of registration: the type strings, in place, and the digest of each message.
abstract contract RegistrationActs is Signed {
    bytes32 private constant CLAIM =
        keccak256("Claim(bytes32 party,uint8 rights)");
    bytes32 private constant FILE =
        keccak256("File(Claim[] claims,bytes32 data,uint16 registrar,uint16 profile,uint8 kind,uint40 deadline)Claim(bytes32 party,uint8 rights)");
    bytes32 private constant ACCEPT =
        keccak256("Accept(uint16 registrar,address officer,bytes32[] registrations,uint16[] steps,uint40 deadline)");
    bytes32 private constant DEEM_ACCEPTED =
        keccak256("DeemAccepted(address sender,bytes32 registration,uint16 step,uint40 deadline)");
    bytes32 private constant REQUEST_CORRECTION =
        keccak256("RequestCorrection(uint16 registrar,address officer,bytes32 registration,uint16 step,bytes32 list,uint40 until,uint40 deadline)");
    bytes32 private constant CORRECT =
        keccak256("Correct(bytes32 party,bytes32 registration,uint16 step,bytes32 papers,uint40 deadline)");
    bytes32 private constant REQUEST_SUPPLEMENT =
        keccak256("RequestSupplement(uint16 registrar,address officer,bytes32 registration,uint16 step,bytes32 list,uint40 until,uint40 deadline)");
    bytes32 private constant SUPPLEMENT =
        keccak256("Supplement(bytes32 party,bytes32 registration,uint16 step,bytes32 papers,uint40 deadline)");
    bytes32 private constant PUBLISH =
        keccak256("Publish(uint16 registrar,address officer,uint16 profile,bytes32[] registrations,uint16[] steps,uint40 until,bytes32 receipt,uint40 effective,uint40 deadline)");
    bytes32 private constant OBJECT =
        keccak256("Object(bytes32 objector,bytes32 registration,uint16 serial,bytes32 grounds,uint40 deadline)");
    bytes32 private constant RESOLVE =
        keccak256("Resolve(uint16 registrar,address officer,bytes32 registration,bytes32[] objectors,uint16[] serials,uint8 outcome,bytes32 decision,uint40 deadline)");
    bytes32 private constant ATTEST =
        keccak256("Attest(uint16 registrar,address officer,uint16 profile,bytes32[] registrations,uint16[] steps,uint40 expiry,bytes32 receipt,uint40 effective,uint40 deadline)");
    bytes32 private constant REFUSE =
        keccak256("Refuse(uint16 registrar,address officer,bytes32 registration,uint16 step,uint8 ground,bytes32 decision,uint40 deadline)");
    bytes32 private constant TERMINATE =
        keccak256("Terminate(uint16 registrar,address officer,bytes32 registration,uint16 step,bytes32 decision,uint40 deadline)");
    bytes32 private constant WITHDRAW =
        keccak256("Withdraw(bytes32 party,bytes32 registration,uint16 step,uint40 deadline)");

    function _digest(File calldata m) internal view returns (bytes32) {
        bytes32[] memory claims = new bytes32[](m.claims.length);
        for (uint256 i; i < claims.length; ++i) {
            claims[i] = keccak256(abi.encode(CLAIM, m.claims[i]));
        }
        return _typed(
            abi.encode(
                FILE,
                keccak256(abi.encodePacked(claims)),
                m.data,
                m.registrar,
                m.profile,
                m.kind,
                m.deadline
            )
        );
    }

    function _digest(Accept calldata m) internal view returns (bytes32) {
        return _typed(
            abi.encode(
                ACCEPT,
                m.registrar,
                m.officer,
                keccak256(abi.encodePacked(m.registrations)),
                keccak256(abi.encodePacked(m.steps)),
                m.deadline
            )
        );
    }

    function _digest(Publish calldata m) internal view returns (bytes32) {
        return _typed(
            abi.encode(
                PUBLISH,
                m.registrar,
                m.officer,
                m.profile,
                keccak256(abi.encodePacked(m.registrations)),
                keccak256(abi.encodePacked(m.steps)),
                m.until,
                m.receipt,
                m.effective,
                m.deadline
            )
        );
    }

    function _digest(Resolve calldata m) internal view returns (bytes32) {
        return _typed(
            abi.encode(
                RESOLVE,
                m.registrar,
                m.officer,
                m.registration,
                keccak256(abi.encodePacked(m.objectors)),
                keccak256(abi.encodePacked(m.serials)),
                m.outcome,
                m.decision,
                m.deadline
            )
        );
    }

    function _digest(Attest calldata m) internal view returns (bytes32) {
        return _typed(
            abi.encode(
                ATTEST,
                m.registrar,
                m.officer,
                m.profile,
                keccak256(abi.encodePacked(m.registrations)),
                keccak256(abi.encodePacked(m.steps)),
                m.expiry,
                m.receipt,
                m.effective,
                m.deadline
            )
        );
    }

    // The members of a static struct are encoded in place, which is EIP-712's encodeData of it.

    function _digest(DeemAccepted calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(DEEM_ACCEPTED, m));
    }

    function _digest(RequestCorrection calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(REQUEST_CORRECTION, m));
    }

    function _digest(Correct calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(CORRECT, m));
    }

    function _digest(RequestSupplement calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(REQUEST_SUPPLEMENT, m));
    }

    function _digest(Supplement calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(SUPPLEMENT, m));
    }

    function _digest(Object calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(OBJECT, m));
    }

    function _digest(Refuse calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(REFUSE, m));
    }

    function _digest(Terminate calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(TERMINATE, m));
    }

    function _digest(Withdraw calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(WITHDRAW, m));
    }

    function _typed(bytes memory encoded) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(encoded));
    }
}
