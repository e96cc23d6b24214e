// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AcceptConclusion,
    CloseObjection,
    Conclude,
    Contest,
    DropObjection,
    LapseObjection,
    NotifyHolder,
    RecordInstrument,
    RefuseConclusion,
    RequestEvidence,
    Respond,
    SupplyEvidence
} from "./interfaces/IObjections.sol";
import {Signed} from "./Signed.sol";

/// @notice What is signed in the procedure of objection: the type strings, in place, and the digest of each message.
abstract contract ObjectionActs is Signed {
    bytes32 private constant CONTEST =
        keccak256("Contest(bytes32 objector,bytes32 registration,uint16 registrar,bytes32 grounds,uint40 deadline)");
    bytes32 private constant REQUEST_EVIDENCE =
        keccak256("RequestEvidence(uint16 registrar,address officer,bytes32 objection,uint16 step,bytes32 list,uint40 until,uint40 deadline)");
    bytes32 private constant SUPPLY_EVIDENCE =
        keccak256("SupplyEvidence(bytes32 objector,bytes32 objection,uint16 step,bytes32 papers,uint40 deadline)");
    bytes32 private constant NOTIFY_HOLDER =
        keccak256("NotifyHolder(uint16 registrar,address officer,bytes32 objection,uint16 step,bytes32 notice,uint40 until,uint40 deadline)");
    bytes32 private constant RESPOND =
        keccak256("Respond(bytes32 party,bytes32 objection,uint16 step,uint8 answer,bytes32 papers,uint40 deadline)");
    bytes32 private constant CONCLUDE =
        keccak256("Conclude(uint16 registrar,address officer,bytes32 objection,uint16 step,uint8 outcome,bytes32 decision,uint40 until,uint40 deadline)");
    bytes32 private constant ACCEPT_CONCLUSION =
        keccak256("AcceptConclusion(bytes32 party,bytes32 objection,uint16 step,uint40 deadline)");
    bytes32 private constant REFUSE_CONCLUSION =
        keccak256("RefuseConclusion(bytes32 party,bytes32 objection,uint16 step,uint40 deadline)");
    bytes32 private constant RECORD_INSTRUMENT =
        keccak256("RecordInstrument(uint16 registrar,address officer,bytes32 objection,uint16 step,uint8 forum,bytes32 instrument,uint8 outcome,uint40 deadline)");
    bytes32 private constant CLOSE_OBJECTION =
        keccak256("CloseObjection(uint16 registrar,address officer,bytes32 objection,uint16 step,bytes32 measure,uint40 deadline)");
    bytes32 private constant LAPSE_OBJECTION =
        keccak256("LapseObjection(uint16 registrar,address officer,bytes32 objection,uint16 step,bytes32 decision,uint40 deadline)");
    bytes32 private constant DROP_OBJECTION =
        keccak256("DropObjection(bytes32 objector,bytes32 objection,uint16 step,uint40 deadline)");

    /// @dev Not in place: later acts carry it behind themselves, as a witness.
    function _digest(Contest calldata m) internal view returns (bytes32) {
        return _typed(abi.encode(CONTEST, m.objector, m.registration, m.registrar, m.grounds, m.deadline));
    }

    function _digest(RequestEvidence calldata) internal view returns (bytes32) {
        return _inPlace(REQUEST_EVIDENCE, 7);
    }

    function _digest(SupplyEvidence calldata) internal view returns (bytes32) {
        return _inPlace(SUPPLY_EVIDENCE, 5);
    }

    function _digest(NotifyHolder calldata) internal view returns (bytes32) {
        return _inPlace(NOTIFY_HOLDER, 7);
    }

    function _digest(Respond calldata) internal view returns (bytes32) {
        return _inPlace(RESPOND, 6);
    }

    function _digest(Conclude calldata) internal view returns (bytes32) {
        return _inPlace(CONCLUDE, 8);
    }

    function _digest(AcceptConclusion calldata) internal view returns (bytes32) {
        return _inPlace(ACCEPT_CONCLUSION, 4);
    }

    function _digest(RefuseConclusion calldata) internal view returns (bytes32) {
        return _inPlace(REFUSE_CONCLUSION, 4);
    }

    function _digest(RecordInstrument calldata) internal view returns (bytes32) {
        return _inPlace(RECORD_INSTRUMENT, 8);
    }

    function _digest(CloseObjection calldata) internal view returns (bytes32) {
        return _inPlace(CLOSE_OBJECTION, 6);
    }

    function _digest(LapseObjection calldata) internal view returns (bytes32) {
        return _inPlace(LAPSE_OBJECTION, 6);
    }

    function _digest(DropObjection calldata) internal view returns (bytes32) {
        return _inPlace(DROP_OBJECTION, 4);
    }
}
