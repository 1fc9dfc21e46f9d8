"""Addresses of comments, redline, delegates and merging."""

from django.urls import path

from contracts.views import merging, negotiation, redline

urlpatterns = [
    path("<slug:code>/forhandling/", negotiation.negotiation, name="negotiation"),
    path("<slug:code>/forhandling/kommentera/", negotiation.comment_add, name="comment_add"),
    path("<slug:code>/forhandling/<int:comment_id>/svara/", negotiation.comment_answer, name="comment_answer"),
    path("<slug:code>/forhandling/<int:comment_id>/klar/", negotiation.comment_resolve, name="comment_resolve"),
    path("<slug:code>/forhandling/ombud/", negotiation.delegates, name="delegates"),
    path("<slug:code>/forhandling/ombud/nytt/", negotiation.delegate_add, name="delegate_add"),
    path("<slug:code>/forhandling/ombud/<int:delegate>/avsluta/", negotiation.delegate_end, name="delegate_end"),
    path("<slug:code>/villkor/jamfor/", redline.redline, name="redline"),
    path("<slug:code>/villkor/for-in/", merging.terms_merge, name="terms_merge"),
]
