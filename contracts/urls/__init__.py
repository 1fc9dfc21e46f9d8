"""Addresses under /avtal/, by part of the work. What a file holds begins with the contract's code, except its lists."""

from contracts.urls import calculation, contract, design, measuring, negotiation, political, signing, simulation

app_name = "contracts"
urlpatterns = [
    *contract.urlpatterns,
    *design.urlpatterns,
    *measuring.urlpatterns,
    *calculation.urlpatterns,
    *simulation.urlpatterns,
    *negotiation.urlpatterns,
    *signing.urlpatterns,
    *political.urlpatterns,
]
