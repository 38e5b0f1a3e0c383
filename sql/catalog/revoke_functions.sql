-- Before migrate makes the functions anew: a right that their files grant no more must not stay.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA retention FROM PUBLIC, @prefix@worker, @prefix@legal,
    @prefix@operator, @prefix@approver, @prefix@auditor;
